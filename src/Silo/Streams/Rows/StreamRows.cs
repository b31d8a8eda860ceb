using System.Collections.Immutable;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Lineage;

namespace Broker.Silo.Streams.Rows;

/// <summary>One stream's rows, and what its grain knows of them: head, lineage, consumers. Changes memory only when the rows are durable.</summary>
/// <remarks>
/// Used by the stream grain, a change at a time. Every write carries the head at the version last seen, so that of two activations
/// only one can write; the other finds out by <see cref="RowConflictException"/>. After any failure, load again: what landed is then known.
/// </remarks>
public sealed class StreamRows(IRowStore rows, StreamGeneration stream)
{
    private const int PageRows = 4_096;

    /// <summary>Null where the stream is not there (any more).</summary>
    public StreamHeadRow? Head { get; private set; }

    /// <summary>Rises with every write of these rows.</summary>
    public long Version { get; private set; }

    public StreamLineage Lineage { get; private set; } = StreamLineage.Empty;

    public ImmutableSortedDictionary<string, StreamConsumer> Consumers { get; private set; } =
        ImmutableSortedDictionary.Create<string, StreamConsumer>(StringComparer.Ordinal);

    public async Task LoadAsync()
    {
        var head = await rows.GetAsync(RowKeys.Head(stream), CancellationToken.None);
        var shards = await ListAsync(RowKeys.Shards(stream));
        var consumers = await ListAsync(RowKeys.Consumers(stream));
        Lineage = StreamLineage.Restore(shards.Select(Decode));
        Consumers = consumers.ToImmutableSortedDictionary(row => row.Key.Key, DecodeConsumer, StringComparer.Ordinal);
        Head = head is null ? null : RowCodec.Decode(head, StreamRowsJson.Default.StreamHeadRow);
        Version = head?.Version ?? 0;
    }

    /// <summary>Sees that nobody else wrote since these rows were loaded.</summary>
    /// <exception cref="RowConflictException">Somebody did.</exception>
    public async Task ConfirmAsync()
    {
        var stored = await rows.GetAsync(RowKeys.Head(stream), CancellationToken.None);
        if ((stored?.Version ?? 0) != Version)
        {
            throw new RowConflictException(RowKeys.Head(stream), Version);
        }
    }

    /// <summary>Replaces the head alone.</summary>
    public async Task WriteHeadAsync(StreamHeadRow head)
    {
        await WriteAsync(head, []);
        Commit(head);
    }

    /// <summary>Writes the first shards together with the head that says that the stream is made.</summary>
    public async Task CreateAsync(StreamHeadRow head, StreamLineage lineage)
    {
        await WriteAsync(head, lineage.Shards.Select(shard => Write(shard, null)));
        Commit(head);
        Lineage = lineage;
    }

    /// <summary>Closes parents and opens children, all or none.</summary>
    public async Task ChangeAsync(IReadOnlyList<LineageChange> changes)
    {
        var lineage = changes[^1].Lineage;
        var head = Head! with { OpenShards = lineage.Open.Length };
        await WriteAsync(
            head,
            changes.SelectMany(change => change.Closed.Select(shard => Write(shard, null)).Concat(change.Opened.Select(shard => Write(shard, 0)))));
        Commit(head);
        Lineage = lineage;
    }

    /// <summary>Takes expired shards out of the lineage.</summary>
    public async Task TrimAsync(ImmutableArray<ShardId> expired)
    {
        await WriteAsync(Head!, expired.Select(shard => Delete(RowKeys.Shard(new ShardKey(stream, shard)))));
        Commit(Head!);
        Lineage = Lineage.Without(expired);
    }

    /// <summary>Writes a new consumer, or one anew.</summary>
    public async Task WriteConsumerAsync(StreamConsumer consumer)
    {
        var name = consumer.Description.Name;
        long? expected = Consumers.ContainsKey(name) ? null : 0;
        await WriteAsync(
            Head!,
            [new RowWrite(RowKeys.Consumer(stream, name), RowCodec.Encode(consumer.ToRow(), StreamRowsJson.Default.ConsumerRow), expected)]);
        Commit(Head!);
        Consumers = Consumers.SetItem(name, consumer);
    }

    public async Task RemoveConsumerAsync(string name)
    {
        await WriteAsync(Head!, [Delete(RowKeys.Consumer(stream, name))]);
        Commit(Head!);
        Consumers = Consumers.Remove(name);
    }

    /// <summary>Removes all rows but the head, which the catalogue removes together with the name.</summary>
    public async Task ClearAsync()
    {
        foreach (var chunk in Lineage.Shards.Select(shard => RowKeys.Shard(new ShardKey(stream, shard.Id)))
            .Concat(Consumers.Keys.Select(name => RowKeys.Consumer(stream, name)))
            .Chunk(PageRows))
        {
            await WriteAsync(Head!, chunk.Select(Delete));
            Commit(Head!);
        }

        Lineage = StreamLineage.Empty;
        Consumers = Consumers.Clear();
    }

    /// <summary>The catalogue removed the head: the stream is gone.</summary>
    public void Forget() => Head = null;

    private async Task WriteAsync(StreamHeadRow head, IEnumerable<RowWrite> others)
    {
        var write = new RowWrite(RowKeys.Head(stream), RowCodec.Encode(head, StreamRowsJson.Default.StreamHeadRow), Version);
        await rows.WriteAsync([write, .. others], CancellationToken.None);
    }

    private void Commit(StreamHeadRow head)
    {
        Head = head;
        Version++;
    }

    private RowWrite Write(ShardDescription shard, long? expectedVersion) => new(
        RowKeys.Shard(new ShardKey(stream, shard.Id)),
        RowCodec.Encode(ShardRow.Of(shard), StreamRowsJson.Default.ShardRow),
        expectedVersion);

    private static RowWrite Delete(RowKey key) => new(key, null, null);

    private async Task<List<Row>> ListAsync(string partition)
    {
        var all = new List<Row>();
        IReadOnlyList<Row> page;
        do
        {
            page = await rows.ListAsync(partition, all.Count == 0 ? null : all[^1].Key.Key, PageRows, CancellationToken.None);
            all.AddRange(page);
        }
        while (page.Count == PageRows);

        return all;
    }

    /// <exception cref="StorageException">The row is damaged.</exception>
    internal static ShardDescription Decode(Row row)
    {
        try
        {
            return RowCodec.Decode(row, StreamRowsJson.Default.ShardRow).ToDescription(RowKeys.ShardOf(row.Key));
        }
        catch (FormatException exception)
        {
            throw new StorageException(StorageFault.Corrupt, $"Row {row.Key} is damaged: {exception.Message}", exception);
        }
    }

    private static StreamConsumer DecodeConsumer(Row row) =>
        StreamConsumer.Of(row.Key.Key, RowCodec.Decode(row, StreamRowsJson.Default.ConsumerRow));
}
