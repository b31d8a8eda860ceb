using System.Collections.Immutable;
using Broker.Contracts.Grains;

namespace Broker.Gateway.Appending;

/// <summary>Draws records from what goes to one shard, one in some KiB, so that the silo knows where in the shard's range the load lies.</summary>
/// <remarks>
/// The gateway draws, since it has every record's hash key at hand: it hashed them, or placed those that no key places, and the silo could not
/// read the keys of encrypted records. The steps are random, so that no rhythm of the producers' hides a part of the load. Used by the loop
/// of its <see cref="ShardSender"/>.
/// </remarks>
internal sealed class LoadSampler
{
    private const int LeastStepBytes = 4 * 1024;
    private const int SamplesPerCall = 64;

    private long untilNext = Random.Shared.Next(LeastStepBytes);

    /// <summary>Draws from the portions of one call: about 64 at the most.</summary>
    public ImmutableArray<LoadSample> Draw(List<AppendPortion> portions)
    {
        var total = 0L;
        foreach (var portion in portions)
        {
            total += portion.Bytes;
        }

        var step = (int)Math.Max(LeastStepBytes, total / SamplesPerCall);
        if (untilNext >= total)
        {
            untilNext -= total;
            return [];
        }

        var samples = ImmutableArray.CreateBuilder<LoadSample>();
        foreach (var portion in portions)
        {
            var first = 0;
            foreach (var chunk in portion.Records.Chunks)
            {
                while (untilNext < chunk.Payload.Length)
                {
                    var record = first + (int)(untilNext * chunk.RecordCount / chunk.Payload.Length);
                    samples.Add(new LoadSample(portion.Group.KeyOf(portion.Records.Indexes[record]), step));
                    untilNext += 1 + Random.Shared.NextInt64(2L * step);
                }

                untilNext -= chunk.Payload.Length;
                first += chunk.RecordCount;
            }
        }

        return samples.DrainToImmutable();
    }
}
