using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <content>What is recorded of a creation, and what quotas are counted from.</content>
public sealed partial class CatalogueGrain
{
    private const int PageRows = 4_096;

    public Task<AccountLimits> DescribeLimitsAsync() => StoredAsync(async () =>
    {
        var heads = await HeadsAsync();
        return new AccountLimits(
            limits.MaxProvisionedShards,
            (int)Math.Min(int.MaxValue, heads.Where(head => head.Row.Mode == StreamMode.Provisioned).Sum(head => (long)head.Row.OpenShards)),
            limits.MaxOnDemandStreams,
            heads.Count(head => head.Row.Mode == StreamMode.OnDemand));
    });

    public Task ReserveAsync(StreamGeneration generation, StreamMode mode, int openShards) => StoredAsync(async () =>
    {
        var heads = await HeadsAsync();
        var others = heads.Where(head => head.Generation != generation).ToList();
        if (mode == StreamMode.OnDemand)
        {
            var isNew = heads.All(head => head.Generation != generation || head.Row.Mode != StreamMode.OnDemand);
            if (isNew && others.Count(head => head.Row.Mode == StreamMode.OnDemand) >= limits.MaxOnDemandStreams)
            {
                throw errors.OnDemandQuota(limits.MaxOnDemandStreams);
            }

            return true;
        }

        var used = others.Sum(ReservedShards);
        if (used + openShards > limits.MaxProvisionedShards)
        {
            var present = heads.Where(head => head.Generation == generation && head.Row.Mode == StreamMode.Provisioned).Sum(head => (long)head.Row.OpenShards);
            throw errors.ShardQuota(used + present, limits.MaxProvisionedShards, openShards - present);
        }

        var version = heads.Where(head => head.Generation == generation).Select(head => head.Version).FirstOrDefault();
        reservations.Set(generation, openShards, version);
        return true;
    });

    private async Task CheckQuotasAsync(CreateStreamCommand command)
    {
        var heads = await HeadsAsync();
        if (heads.Count(head => head.Row.Status == StreamStatus.Creating) >= limits.MaxCreatingStreams)
        {
            throw errors.CreatingQuota(limits.MaxCreatingStreams);
        }

        if (command.Mode == StreamMode.OnDemand && heads.Count(head => head.Row.Mode == StreamMode.OnDemand) >= limits.MaxOnDemandStreams)
        {
            throw errors.OnDemandQuota(limits.MaxOnDemandStreams);
        }

        var used = heads.Sum(ReservedShards);
        if (command.Mode == StreamMode.Provisioned && used + command.ShardCount > limits.MaxProvisionedShards)
        {
            throw errors.ShardQuota(used, limits.MaxProvisionedShards, command.ShardCount);
        }
    }

    /// <summary>Writes counter, name and head together: from here on the stream exists, whatever becomes of this process.</summary>
    private async Task<StreamGeneration> RecordAsync(CreateStreamCommand command)
    {
        var generation = new StreamGeneration(lastGeneration + 1);
        var head = new StreamHeadRow
        {
            Name = command.Name,
            Status = StreamStatus.Creating,
            Mode = command.Mode,
            CreatedUnixMilliseconds = time.GetUtcNow().ToUnixTimeMilliseconds(),
            ReservedShards = command.ShardCount,
            Creation = StreamCreation.Of(command),
        };
        await rows.WriteAsync(
            [
                new RowWrite(
                    RowKeys.LastGeneration, RowCodec.Encode(new CounterRow { Value = generation.Value }, StreamRowsJson.Default.CounterRow), counterVersion),
                new RowWrite(
                    RowKeys.Name(account, command.Name), RowCodec.Encode(new NameRow { Generation = generation.Value }, StreamRowsJson.Default.NameRow), 0),
                new RowWrite(RowKeys.Head(generation), RowCodec.Encode(head, StreamRowsJson.Default.StreamHeadRow), 0),
            ],
            CancellationToken.None);
        counterVersion++;
        lastGeneration = generation.Value;
        names = names.Add(command.Name, generation);
        return generation;
    }

    private long ReservedShards((StreamGeneration Generation, StreamHeadRow Row, long Version) head) =>
        head.Row.Mode == StreamMode.Provisioned || reservations.Holds(head.Generation, head.Version)
            ? Math.Max(Math.Max(head.Row.OpenShards, head.Row.ReservedShards), reservations.Get(head.Generation, head.Version))
            : 0;

    private async Task<List<(StreamGeneration Generation, StreamHeadRow Row, long Version)>> HeadsAsync()
    {
        var all = new List<(StreamGeneration, StreamHeadRow, long)>();
        foreach (var row in await ListAllAsync(RowKeys.Streams))
        {
            all.Add((RowKeys.GenerationOf(row.Key), RowCodec.Decode(row, StreamRowsJson.Default.StreamHeadRow), row.Version));
        }

        return all;
    }

    private async Task LoadAsync()
    {
        var counter = await rows.GetAsync(RowKeys.LastGeneration, CancellationToken.None);
        counterVersion = counter?.Version ?? 0;
        lastGeneration = counter is null ? 0 : RowCodec.Decode(counter, StreamRowsJson.Default.CounterRow).Value;
        var names = await ListAllAsync(RowKeys.Names(account));
        this.names = names.Select(NameOf).ToImmutableSortedDictionary(row => row.Name, row => row.Generation, StringComparer.Ordinal);
    }

    private async Task<List<Row>> ListAllAsync(string partition)
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
}
