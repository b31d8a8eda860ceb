using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Grains;

namespace Broker.Gateway.Appending;

/// <summary>What one call to a shard carries: portions in order, and the blocks made of them.</summary>
/// <remarks>
/// Large portions become blocks of their own, without copying; small neighbours share a block. An identity is in a call once, so
/// a portion that repeats one waits for the next call.
/// </remarks>
internal sealed class AppendCall
{
    /// <summary>Payload bytes at which a call is full; one larger portion goes alone.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Portions in a call: below a shard's window of 1,024, so that no number of one attempt leaves it before the next.</summary>
    public const int MaxPortions = 1_000;

    /// <summary>Portions of at least this many bytes get blocks of their own.</summary>
    public const int OwnBlockBytes = 32 * 1024;

    private AppendCall(List<AppendPortion> portions, AppendRequest request)
    {
        Portions = portions;
        Request = request;
    }

    public List<AppendPortion> Portions { get; }

    public AppendRequest Request { get; }

    /// <summary>Takes portions off the front of a queue that is not empty.</summary>
    public static List<AppendPortion> Take(List<AppendPortion> queue)
    {
        var bytes = (long)queue[0].Bytes;
        var count = 1;
        if (queue.Count > 1)
        {
            var identities = new HashSet<BatchIdentity>();
            Note(queue[0], identities);
            while (count < queue.Count && count < MaxPortions && bytes + queue[count].Bytes <= MaxBytes && Note(queue[count], identities))
            {
                bytes += queue[count++].Bytes;
            }
        }

        var taken = queue.GetRange(0, count);
        queue.RemoveRange(0, count);
        return taken;

        static bool Note(AppendPortion portion, HashSet<BatchIdentity> identities) =>
            portion.Group.Identity is not { } identity || identities.Add(identity);
    }

    /// <summary>Makes the blocks; every portion has its identity by now.</summary>
    /// <param name="portions">What they are made of.</param>
    /// <param name="mapVersion">By which the shard may learn that its settings are old.</param>
    /// <param name="sealer">Makes the shard's blocks.</param>
    public static AppendCall Make(List<AppendPortion> portions, long mapVersion, BlockSealer sealer)
    {
        var blocks = ImmutableArray.CreateBuilder<RecordBlock>();
        var handled = ImmutableArray.CreateBuilder<HandledRepeat>();
        using var builder = new PayloadBuilder();
        var shared = ImmutableArray.CreateBuilder<BlockIdentity>();
        foreach (var portion in portions)
        {
            var identity = portion.Group.Identity!.Value;
            var chunks = portion.Records.Chunks;
            if (portion.Handled.Count > 0)
            {
                handled.AddRange(portion.HandledRepeats());
            }

            if (chunks.Length == 1 && chunks[0].Payload.Length < OwnBlockBytes && portions.Count > 1)
            {
                if (builder.Length + chunks[0].Payload.Length > RecordBlock.TargetPayloadBytes)
                {
                    Flush();
                }

                shared.Add(new BlockIdentity(identity, builder.RecordCount, chunks[0].RecordCount));
                builder.AddEncoded(chunks[0].Payload, chunks[0].RecordCount);
                continue;
            }

            Flush();
            for (var i = 0; i < chunks.Length; i++)
            {
                ImmutableArray<BlockIdentity> own = i == 0 ? [new BlockIdentity(identity, 0, portion.RecordCount)] : [];
                blocks.Add(sealer.Seal(chunks[i].Payload, chunks[i].RecordCount, own));
            }
        }

        Flush();
        return new AppendCall(portions, new AppendRequest(blocks.DrainToImmutable(), handled.DrainToImmutable(), mapVersion));

        void Flush()
        {
            if (builder.RecordCount > 0)
            {
                blocks.Add(sealer.Seal(builder, shared.DrainToImmutable()));
            }
        }
    }
}
