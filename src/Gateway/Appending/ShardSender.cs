using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Compression;
using Broker.Gateway.Encryption;
using Broker.Gateway.Metrics;

namespace Broker.Gateway.Appending;

/// <summary>Sends portions to one shard, a call at a time, and deals with what it answers.</summary>
/// <remarks>Used by the loop of its <see cref="ShardAppender"/>, which keeps the queue and its order.</remarks>
/// <param name="context">What all appenders share.</param>
/// <param name="owner">Tells by which map the portions were split.</param>
/// <param name="shard">The shard.</param>
/// <param name="settle">Told of the bytes of what is dealt with.</param>
internal sealed partial class ShardSender(AppendContext context, StreamAppenders owner, ShardDescription shard, Action<int> settle)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly ShardKey key = new(owner.Generation, shard.Id);
    private readonly IShardGrain grain = context.Grains.Shard(new ShardKey(owner.Generation, shard.Id));
    private readonly Guid producer = Guid.NewGuid();
    private readonly LoadSampler sampler = new();
    private readonly PayloadCompressor? compressor = context.Options.Compression == CompressionMode.Lz4 ? new PayloadCompressor() : null;
    private ulong lastNumber;
    private TimeSpan pause;

    /// <summary>One call. Portions that it leaves open come back, to be sent again ahead of all others.</summary>
    /// <param name="portions">What to send.</param>
    /// <param name="heldBytes">Bytes for the shard that the gateway holds, these and those behind them.</param>
    public async Task<Sent> SendAsync(List<AppendPortion> portions, long heldBytes)
    {
        var patience = context.Options.AppendAttemptTimeout;
        foreach (var portion in portions)
        {
            portion.Group.Identity ??= new BatchIdentity(producer, BatchIdentity.GatewayEpoch, ++lastNumber);
            var remaining = context.Remaining(portion.Batch.Deadline);
            patience = remaining < patience ? remaining : patience;
        }

        BlockCipher? cipher;
        try
        {
            cipher = await context.Ciphers.ForWritingAsync(Newest());
        }
        catch (BrokerException exception) when (exception.Code != BrokerErrorCode.Unavailable)
        {
            Fail(portions, 0, exception.Code, exception.Message);
            return new Sent([]);
        }
        catch (BrokerException exception)
        {
            // Nothing was sent: this attempt leaves nothing uncertain.
            return new Sent(portions, Pause: NextPause(portions, AppendResult.Failed(BrokerErrorCode.Overloaded, exception.Message)));
        }

        foreach (var portion in portions)
        {
            portion.EncryptionType = cipher is null ? EncryptionType.None : EncryptionType.Kms;
        }

        var call = AppendCall.Make(portions, owner.MapVersion, new BlockSealer(key, compressor, cipher));
        context.Metrics.Append(portions.Count, call.Request.Blocks);
        var started = context.Clock.GetTimestamp();
        var request = owner.Route.Stream.Mode == StreamMode.OnDemand
            ? call.Request with { Load = sampler.Draw(portions), HeldBytes = heldBytes }
            : call.Request;
        using var span = GatewayTracing.StartAppend(portions, owner.StreamName, shard.Id);
        if (span is not null)
        {
            request = request with { TraceParent = span.Id };
        }

        var result = await CallAsync(request, patience);
        if (result.Code != BrokerErrorCode.None)
        {
            span?.SetStatus(ActivityStatusCode.Error, result.Message);
        }

        switch (result.Code)
        {
            case BrokerErrorCode.None when result.Verdicts.IsDefaultOrEmpty:
                pause = TimeSpan.Zero;
                context.Metrics.Appended(context.Clock.GetElapsedTime(started));
                Commit(portions, result);
                return new Sent([]);
            case var _ when !result.Verdicts.IsDefaultOrEmpty:
                return new Sent(Apply(portions, result));
            case BrokerErrorCode.ShardClosed:
                return new Sent(portions, IsClosed: true);
            case BrokerErrorCode.ProvisionedThroughputExceeded:
                return new Sent(Throttle(portions, result));
            case BrokerErrorCode.Unavailable or BrokerErrorCode.Overloaded:
                return new Sent(portions, Pause: NextPause(portions, result));
            default:
                Fail(portions, 0, result.Code, result.Message);
                return new Sent([]);
        }
    }

    /// <summary>The stream's settings as this gateway knows them: a repeat may be sent long after the map was fetched that its batch came by.</summary>
    private StreamDescription Newest()
    {
        var known = owner.Route.Stream;
        return context.Routes.Peek(owner.Generation)?.Stream is { } other && other.Version > known.Version ? other : known;
    }

    private async ValueTask<AppendResult> CallAsync(AppendRequest request, TimeSpan patience)
    {
        try
        {
            var answer = grain.AppendAsync(request);
            return answer.IsCompletedSuccessfully
                ? answer.Result
                : await answer.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, context.Clock);
        }
        catch (BrokerException exception)
        {
            return AppendResult.Failed(exception.Code, exception.Message);
        }
        catch (Exception exception)
        {
            LogUnknownOutcome(context.Logger, owner.StreamName, shard.Id, exception.Message);
            return AppendResult.Failed(BrokerErrorCode.Unavailable, $"{shard.Id} did not answer.");
        }
    }

    private void Commit(List<AppendPortion> portions, AppendResult result)
    {
        var position = result.FirstPosition;
        foreach (var portion in portions)
        {
            settle(portion.Bytes);
            portion.Group.Took(shard.Id, shard.Range);
            var first = position;
            position += portion.RecordCount;
            portion.Took(shard.Id, shard.CreatedSecond, first, result.ArrivalUnixMilliseconds);
        }
    }

    private List<AppendPortion> Apply(List<AppendPortion> portions, AppendResult result)
    {
        var rest = new List<AppendPortion>(portions.Count);
        var resolved = 0;
        foreach (var portion in portions)
        {
            var before = portion.Bytes;
            if (RepeatResolver.Select(result.Verdicts, portion) is not { } verdicts)
            {
                rest.Add(portion);
                continue;
            }

            resolved++;
            if (RepeatResolver.Apply(portion, verdicts))
            {
                settle(before - portion.Bytes);
                rest.Add(portion);
            }
            else
            {
                settle(before);
            }
        }

        if (resolved == 0)
        {
            Fail(rest, 0, BrokerErrorCode.Internal, $"{shard.Id} spoke of batches that it was not sent.");
            return [];
        }

        return rest;
    }

    /// <summary>The first records may go alone, as far as their batches are divisible; the rest is told the shard's limit.</summary>
    private List<AppendPortion> Throttle(List<AppendPortion> portions, AppendResult result)
    {
        var admitted = Math.Max(0, result.AdmittedRecords);
        var kept = new List<AppendPortion>();
        var next = 0;
        for (; next < portions.Count && admitted >= portions[next].RecordCount; next++)
        {
            admitted -= portions[next].RecordCount;
            kept.Add(portions[next]);
        }

        if (next == portions.Count)
        {
            // It refused what it says it would admit: as good as nothing.
            Fail(portions, 0, result.Code, result.Message);
            return [];
        }

        var split = portions[next];
        if (admitted > 0 && split.Batch.IsDivisible && !split.IsUncertain)
        {
            var refused = split.Records.Indexes[admitted..];
            var before = split.Bytes;
            split.Group.Remove(refused);
            split.Records = PortionEditor.Without(split.Records, [.. refused]);
            settle(before - split.Bytes);
            split.Batch.Failed(new AppendFault(result.Code, result.Message ?? "Rate exceeded.", refused, IsUncertain: false));
            kept.Add(split);
            next++;
        }

        Fail(portions, next, result.Code, result.Message);
        return kept;
    }

    private TimeSpan NextPause(List<AppendPortion> portions, AppendResult result)
    {
        if (result.Code == BrokerErrorCode.Unavailable)
        {
            foreach (var portion in portions)
            {
                portion.IsUncertain = true;
            }
        }

        context.Metrics.Retry();
        pause = pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        var remaining = context.Remaining(portions[0].Batch.Deadline);
        return remaining < pause && remaining > TimeSpan.Zero ? remaining : pause;
    }

    private void Fail(List<AppendPortion> portions, int from, BrokerErrorCode code, string? message)
    {
        for (var i = from; i < portions.Count; i++)
        {
            settle(portions[i].Bytes);
            portions[i].Fail(code, message ?? $"{shard.Id} refused the records: {code}.");
        }
    }

    /// <summary>What a call left.</summary>
    /// <param name="Rest">Portions to send again.</param>
    /// <param name="IsClosed">The shard has ended: they go to its children.</param>
    /// <param name="Pause">How long to wait before.</param>
    public readonly record struct Sent(List<AppendPortion> Rest, bool IsClosed = false, TimeSpan Pause = default);
}
