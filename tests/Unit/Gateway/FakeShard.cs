using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Compression;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>A shard in memory, by the contract of <see cref="IShardGrain"/>.</summary>
internal sealed class FakeShard(FakeCluster cluster, ShardKey key, ShardDescription description) : IShardGrain
{
    private readonly Dictionary<BatchIdentity, List<BatchVerdict>> window = [];
    private readonly List<RecordBlock> blocks = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (string Consumer, Guid Subscription)? subscribed;

    public ShardDescription Description { get; private set; } = description;

    public long Tail { get; private set; }

    public int Calls { get; private set; }

    /// <summary>What becomes of a call: None lets it pass.</summary>
    public Func<AppendRequest, FakeFault>? Fault { get; set; }

    /// <summary>What the shard answers in place of reading or finding, or throws; None to let the call pass.</summary>
    public Func<BrokerErrorCode>? ReadFault { get; set; }

    /// <summary>What the shard answers in place of appending; null to append.</summary>
    public Func<AppendRequest, AppendResult?>? Answer { get; set; }

    /// <summary>The blocks as they came, stamped.</summary>
    public List<RecordBlock> Blocks => blocks;

    public List<string> DataInOrder()
    {
        var data = new List<string>();
        lock (cluster.Sync)
        {
            foreach (var block in blocks)
            {
                var reader = new BlockRecordReader(Plain(block));
                while (reader.TryRead(out var record))
                {
                    data.Add(System.Text.Encoding.UTF8.GetString(record.Data));
                }
            }
        }

        return data;
    }

    public void Inherit(FakeShard parent)
    {
        foreach (var (identity, verdicts) in parent.window)
        {
            if (!window.TryGetValue(identity, out var mine))
            {
                window.Add(identity, mine = []);
            }

            foreach (var verdict in verdicts)
            {
                if (!mine.Exists(known => known.TakenBy == verdict.TakenBy))
                {
                    mine.Add(verdict);
                }
            }
        }
    }

    public void Seal(long time)
    {
        Description = Description with { ClosedPosition = Tail, ClosedUnixMilliseconds = time };
        Signal();
    }

    public async Task<AppendResult> AppendAsync(AppendRequest request)
    {
        FakeFault fault;
        lock (cluster.Sync)
        {
            Calls++;
            fault = Fault?.Invoke(request) ?? FakeFault.None;
        }

        await Task.Yield();
        if (fault == FakeFault.LoseRequest)
        {
            throw new TimeoutException("The request was lost.");
        }

        AppendResult result;
        lock (cluster.Sync)
        {
            result = Answer?.Invoke(request) ?? Append(request);
        }

        return fault == FakeFault.LoseAnswer ? throw new TimeoutException("The answer was lost.") : result;
    }

    public async Task<ReadResult> ReadAsync(ReadRequest request)
    {
        if (ReadFault?.Invoke() is { } code and not BrokerErrorCode.None)
        {
            return ReadResult.Failed(code, "The shard moves.");
        }

        if (request.Wait > TimeSpan.Zero)
        {
            Task wait;
            lock (cluster.Sync)
            {
                wait = Tail > request.FromPosition || !Description.IsOpen ? Task.CompletedTask : changed.Task;
            }

            await Task.WhenAny(wait, Task.Delay(request.Wait));
        }

        lock (cluster.Sync)
        {
            if (request.Consumer is not null && subscribed?.Subscription != request.Subscription)
            {
                return ReadResult.Failed(BrokerErrorCode.ResourceInUse, "Another subscription took over.");
            }

            var found = blocks.Where(block => block.Head.EndPosition > request.FromPosition).Take(2).ToImmutableArray();
            return new ReadResult(
                BrokerErrorCode.None, found, request.FromPosition, Tail, blocks.Count == 0 ? 0 : blocks[^1].Head.ArrivalUnixMilliseconds, !Description.IsOpen, null);
        }
    }

    public Task<FindResult> FindAsync(long arrivalUnixMilliseconds)
    {
        if (ReadFault?.Invoke() is { } code and not BrokerErrorCode.None)
        {
            return Task.FromResult(new FindResult(code, 0, "The shard moves."));
        }

        lock (cluster.Sync)
        {
            return Task.FromResult(new FindResult(BrokerErrorCode.None, arrivalUnixMilliseconds == long.MaxValue ? Tail : 0, null));
        }
    }

    public Task<SealResult> SealAsync() => throw new NotSupportedException();

    public Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription)
    {
        subscribed = (consumer, subscription);
        return Task.FromResult(BrokerErrorCode.None);
    }

    public Task UnsubscribeAsync(string consumer, Guid subscription) => Task.CompletedTask;

    public Task DropAsync() => Task.CompletedTask;

    private AppendResult Append(AppendRequest request)
    {
        if (cluster.IsDeleted)
        {
            return AppendResult.Failed(BrokerErrorCode.ResourceNotFound, "gone");
        }

        var handled = request.HandledRepeats.ToHashSet();
        var verdicts = ImmutableArray.CreateBuilder<BatchVerdict>();
        var seen = new HashSet<BatchIdentity>();
        foreach (var identity in request.Blocks.SelectMany(static block => block.Identities))
        {
            if (!seen.Add(identity.Identity))
            {
                throw new InvalidOperationException("An identity came twice in one call.");
            }

            if (window.TryGetValue(identity.Identity, out var known))
            {
                verdicts.AddRange(known.Where(verdict => !handled.Contains(new HandledRepeat(verdict.Identity, verdict.TakenBy))));
            }
        }

        if (verdicts.Count > 0)
        {
            return new AppendResult(BrokerErrorCode.None, 0, 0, verdicts.ToImmutable(), 0, null);
        }

        if (!Description.IsOpen)
        {
            return AppendResult.Failed(BrokerErrorCode.ShardClosed, "closed");
        }

        var first = Tail;
        var now = cluster.Now;
        foreach (var block in request.Blocks)
        {
            Check(block);
            foreach (var identity in block.Identities)
            {
                if (!window.TryGetValue(identity.Identity, out var known))
                {
                    window.Add(identity.Identity, known = []);
                }

                known.Add(new BatchVerdict(
                    identity.Identity, BrokerErrorCode.None, key.Shard, Description.Range, Description.CreatedSecond,
                    Tail + identity.FirstRecord, identity.RecordCount, now, null));
            }

            blocks.Add(block.Stamp(1, blocks.Count, Tail, now));
            Tail += block.Head.RecordCount;
        }

        Signal();
        return AppendResult.Committed(first, now);
    }

    private void Check(RecordBlock block)
    {
        if (block.Head.KeyGeneration != 0)
        {
            Assert.Equal(Crc32C.Compute(block.Payload.Span), block.Head.PayloadChecksum);
            return;
        }

        var count = 0;
        var reader = new BlockRecordReader(Plain(block));
        while (reader.TryRead(out var record))
        {
            count++;
            if (!record.PartitionKey.IsEmpty && cluster.Distribution == RecordDistributionStrategy.UserPartitionKey && !Description.Range.Contains(record.HashKey))
            {
                throw new InvalidOperationException("A record came to a shard that does not take its key.");
            }
        }

        if (count != block.Head.RecordCount || Crc32C.Compute(block.Payload.Span) != block.Head.PayloadChecksum)
        {
            throw new InvalidOperationException("A block's head does not fit its payload.");
        }
    }

    private static ReadOnlySpan<byte> Plain(RecordBlock block) =>
        block.Head.Codec == BlockCodec.None ? block.Payload.Span : PayloadDecompressor.Open(block, block.Payload.Span).Payload.Span;

    private void Signal()
    {
        changed.TrySetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal enum FakeFault
{
    None,
    LoseRequest,
    LoseAnswer,
}
