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
            _limits.MaxProvisionedShards,
            (int)Math.Min(int.MaxValue, heads.Where(head => head.Row.Mode == StreamMode.Provisioned).Sum(head => (long)head.Row.OpenShards)),
            _limits.MaxOnDemandStreams,
            heads.Count(head => head.Row.Mode == StreamMode.OnDemand));
    });

    public Task ReserveAsync(StreamGeneration generation, StreamMode mode, int openShards) => StoredAsync(async () =>
    {
        var heads = await HeadsAsync();
        var others = heads.Where(head => head.Generation != generation).ToList();
        if (mode == StreamMode.OnDemand)
        {
            var isNew = heads.All(head => head.Generation != generation || head.Row.Mode != StreamMode.OnDemand);
            if (isNew && others.Count(head => head.Row.Mode == StreamMode.OnDemand) >= _limits.MaxOnDemandStreams)
            {
                throw _errors.OnDemandQuota(_limits.MaxOnDemandStreams);
            }

            return true;
        }

        var used = others.Sum(ReservedShards);
        if (used + openShards > _limits.MaxProvisionedShards)
        {
            var present = heads.Where(head => head.Generation == generation && head.Row.Mode == StreamMode.Provisioned).Sum(head => (long)head.Row.OpenShards);
            throw _errors.ShardQuota(used + present, _limits.MaxProvisionedShards, openShards - present);
        }

        var version = heads.Where(head => head.Generation == generation).Select(head => head.Version).FirstOrDefault();
        _reservations.Set(generation, openShards, version);
        return true;
    });

    private async Task CheckQuotasAsync(CreateStreamCommand command)
    {
        var heads = await HeadsAsync();
        if (heads.Count(head => head.Row.Status == StreamStatus.Creating) >= _limits.MaxCreatingStreams)
        {
            throw _errors.CreatingQuota(_limits.MaxCreatingStreams);
        }

        if (command.Mode == StreamMode.OnDemand && heads.Count(head => head.Row.Mode == StreamMode.OnDemand) >= _limits.MaxOnDemandStreams)
        {
            throw _errors.OnDemandQuota(_limits.MaxOnDemandStreams);
        }

        var used = heads.Sum(ReservedShards);
        if (command.Mode == StreamMode.Provisioned && used + command.ShardCount > _limits.MaxProvisionedShards)
        {
            throw _errors.ShardQuota(used, _limits.MaxProvisionedShards, command.ShardCount);
        }
    }

    /// <summary>Writes counter, name and head together: from here on the stream exists, whatever becomes of this process.</summary>
    private async Task<StreamGeneration> RecordAsync(CreateStreamCommand command)
    {
        var generation = new StreamGeneration(_lastGeneration + 1);
        var head = new StreamHeadRow
        {
            Name = command.Name,
            Status = StreamStatus.Creating,
            Mode = command.Mode,
            CreatedUnixMilliseconds = _time.GetUtcNow().ToUnixTimeMilliseconds(),
            ReservedShards = command.ShardCount,
            Creation = StreamCreation.Of(command),
        };
        await _rows.WriteAsync(
            [
                new RowWrite(
                    RowKeys.LastGeneration, RowCodec.Encode(new CounterRow { Value = generation.Value }, StreamRowsJson.Default.CounterRow), _counterVersion),
                new RowWrite(
                    RowKeys.Name(_account, command.Name), RowCodec.Encode(new NameRow { Generation = generation.Value }, StreamRowsJson.Default.NameRow), 0),
                new RowWrite(RowKeys.Head(generation), RowCodec.Encode(head, StreamRowsJson.Default.StreamHeadRow), 0),
            ],
            CancellationToken.None);
        _counterVersion++;
        _lastGeneration = generation.Value;
        _names = _names.Add(command.Name, generation);
        return generation;
    }

    private long ReservedShards((StreamGeneration Generation, StreamHeadRow Row, long Version) head) =>
        head.Row.Mode == StreamMode.Provisioned || _reservations.Holds(head.Generation, head.Version)
            ? Math.Max(Math.Max(head.Row.OpenShards, head.Row.ReservedShards), _reservations.Get(head.Generation, head.Version))
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
        var counter = await _rows.GetAsync(RowKeys.LastGeneration, CancellationToken.None);
        _counterVersion = counter?.Version ?? 0;
        _lastGeneration = counter is null ? 0 : RowCodec.Decode(counter, StreamRowsJson.Default.CounterRow).Value;
        var names = await ListAllAsync(RowKeys.Names(_account));
        _names = names.ToImmutableSortedDictionary(
            row => row.Key.Key,
            row => new StreamGeneration(RowCodec.Decode(row, StreamRowsJson.Default.NameRow).Generation),
            StringComparer.Ordinal);
    }

    private async Task<List<Row>> ListAllAsync(string partition)
    {
        var all = new List<Row>();
        IReadOnlyList<Row> page;
        do
        {
            page = await _rows.ListAsync(partition, all.Count == 0 ? null : all[^1].Key.Key, PageRows, CancellationToken.None);
            all.AddRange(page);
        }
        while (page.Count == PageRows);

        return all;
    }
}
