using System.Globalization;
using System.Runtime.CompilerServices;
using Broker.Cli.Client;
using Broker.V1;
using Grpc.Core;

namespace Broker.Tests.Unit.Cli;

/// <summary>A stream in memory, whose shards give one record an event and break off where they are told to.</summary>
internal sealed class FakeShardSource : IShardSource
{
    private readonly Dictionary<string, FakeShard> shards = new(StringComparer.Ordinal);

    public int Reads { get; private set; }

    /// <summary>Adds a shard.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="records">How many records it has; their sequence numbers are 1 to that.</param>
    /// <param name="parents">Its parents.</param>
    /// <param name="breaksAfter">Reading fails once after each of these records.</param>
    public void Add(string id, int records, string[] parents, params int[] breaksAfter) =>
        shards.Add(id, new FakeShard(records, parents, [.. breaksAfter]));

    public Task<IReadOnlyList<Shard>> ListShardsAsync(ShardFilter filter, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Shard>>(
        [
            .. shards.Where(shard => filter.Type != ShardFilterType.AtLatest || !HasChildren(shard.Key)).Select(shard => new Shard
            {
                ShardId = shard.Key,
                ParentShardId = shard.Value.Parents.ElementAtOrDefault(0) ?? "",
                AdjacentParentShardId = shard.Value.Parents.ElementAtOrDefault(1) ?? "",
            }),
        ]);

    public async IAsyncEnumerable<ShardEvent> ReadAsync(
        string shardId, StartingPosition position, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var shard = shards[shardId];
        lock (shards)
        {
            Reads++;
        }

        var at = position.Type switch
        {
            ShardIteratorType.AfterSequenceNumber => int.Parse(position.SequenceNumber, CultureInfo.InvariantCulture),
            ShardIteratorType.Latest => shard.Records,
            _ => 0,
        };
        while (at < shard.Records)
        {
            at++;
            await Task.Yield();
            var isLast = at == shard.Records;
            yield return Event(shardId, at, isLast && !HasChildren(shardId) ? 0 : shard.Records - at + 1, isLast);
            if (shard.Breaks.Remove(at))
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "broken off"));
            }
        }

        if (HasChildren(shardId))
        {
            yield return Event(shardId, 0, 0, isLast: true);
            yield break;
        }

        yield return Event(shardId, 0, 0, isLast: false);
        await Task.Delay(Timeout.Infinite, cancellation);
    }

    private bool HasChildren(string shardId) => shards.Values.Any(shard => shard.Parents.Contains(shardId));

    private ShardEvent Event(string shardId, int number, long behind, bool isLast)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        var children = isLast
            ? shards.Where(shard => shard.Value.Parents.Contains(shardId))
                .Select(shard => new ChildShard { ShardId = shard.Key, ParentShards = { shard.Value.Parents } }).ToArray()
            : [];
        return new ShardEvent(number == 0 ? [] : [new Record { SequenceNumber = text }], number == 0 ? null : text, behind, children);
    }

    private sealed record FakeShard(int Records, string[] Parents, HashSet<int> Breaks);
}
