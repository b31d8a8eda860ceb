using System.Globalization;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <content>Split, merge and uniform scaling.</content>
public sealed partial class StreamGrain
{
    /// <summary>Splits or merges that are done together: their shards refuse records from their seal until the write.</summary>
    private const int MaxStepsPerRound = 64;

    private const long MillisecondsPerDay = 86_400_000;

    public Task SplitShardAsync(ShardId shard, HashKey newStartingHashKey) => ReshardAsync(
        head =>
        {
            rules.CheckSplit(head.Name, rows.Lineage, shard, newStartingHashKey);
            return rows.Lineage.Open.Length + 1;
        },
        new ReshardOperation { Kind = ReshardKind.Split, Shard = shard.Index, NewStart = newStartingHashKey.ToString() });

    public Task MergeShardsAsync(ShardId shard, ShardId adjacentShard) => ReshardAsync(
        head =>
        {
            rules.CheckMerge(head.Name, rows.Lineage, shard, adjacentShard);
            return rows.Lineage.Open.Length - 1;
        },
        new ReshardOperation { Kind = ReshardKind.Merge, Shard = shard.Index, AdjacentShard = adjacentShard.Index });

    public Task<int> UpdateShardCountAsync(int targetShardCount) => ReshardAsync(
        head =>
        {
            rules.CheckScaling(head.Name, rows.Lineage.Open.Length, targetShardCount, RecentScalings().Count());
            return targetShardCount;
        },
        new ReshardOperation { Kind = ReshardKind.Uniform, TargetCount = targetShardCount });

    private async Task<int> ReshardAsync(Func<StreamHeadRow, int> checkAndCount, ReshardOperation operation)
    {
        using var _ = await OwnWorkDoneAsync();
        var before = await ChangeAsync(async () =>
        {
            var head = IdleHead();
            var open = rows.Lineage.Open.Length;
            var after = checkAndCount(head);
            if (after > open)
            {
                await Catalogue.ReserveAsync(generation, head.Mode, after);
            }

            await BeginReshardAsync(head, after, operation, settings with
            {
                Scalings = operation.Kind == ReshardKind.Uniform ? [.. RecentScalings(), NowMilliseconds()] : settings.Scalings,
            });
            return open;
        });
        GoOn();
        return before;
    }

    /// <summary>Writes the intent of a resharding. Called in a change; what it may take was checked and reserved.</summary>
    /// <param name="head">The head, with what else changes.</param>
    /// <param name="after">Open shards when it is done.</param>
    /// <param name="operation">What to reach.</param>
    /// <param name="settings">The settings, with what else changes.</param>
    private async Task BeginReshardAsync(StreamHeadRow head, int after, ReshardOperation operation, StreamState settings)
    {
        var open = rows.Lineage.Open.Length;

        // The mark comes first: were the intent written first, a crash between the two would leave an operation that nobody looks for.
        await WriteRowsAsync(rows => rows.WriteHeadAsync(head with
        {
            Status = StreamStatus.Updating,
            IsAutomatic = operation.IsAutomatic,
            OpenShards = open,
            ReservedShards = Math.Max(open, after),
        }));
        await WriteSettingsAsync(settings with { Operation = operation });
        LogResharding(head.Name, operation);
    }

    private async Task ReshardStepAsync()
    {
        var steps = settings.Operation?.NextSteps(rows.Lineage, MaxStepsPerRound) ?? [];
        if (steps.IsEmpty)
        {
            await FinishReshardAsync();
            Scale();
            return;
        }

        var ends = await Task.WhenAll(steps.Select(SealAsync));
        await ChangeAsync(async () =>
        {
            if (rows.Head is not { Status: StreamStatus.Updating })
            {
                return;
            }

            var lineage = rows.Lineage;
            var changes = new List<LineageChange>(steps.Length);
            foreach (var (step, (end, adjacentEnd, _)) in steps.Zip(ends))
            {
                if (end is not { } first || (step.Adjacent is not null && adjacentEnd is null))
                {
                    continue;
                }

                var change = step.Adjacent is { } adjacent
                    ? lineage.Merge(step.Shard, first, adjacent, adjacentEnd!.Value, NowSecond())
                    : lineage.Split(step.Shard, step.NewStart, first, NowSecond());
                changes.Add(change);
                lineage = change.Lineage;
            }

            if (changes.Count > 0)
            {
                await WriteRowsAsync(rows => rows.ChangeAsync(changes));
                LogReshardStep(rows.Head.Name, changes.Count, lineage.Open.Length);
            }
        });
        if (Array.Find(ends, end => end.Failure is not null).Failure is { } failure)
        {
            throw failure;
        }
    }

    private Task<bool> FinishReshardAsync() => ChangeAsync(async () =>
    {
        if (rows.Head is not { Status: StreamStatus.Updating } head)
        {
            return;
        }

        if (settings.Operation is not null)
        {
            await WriteSettingsAsync(settings with { Operation = null });
        }

        var open = rows.Lineage.Open.Length;
        await WriteRowsAsync(rows => rows.WriteHeadAsync(head with { Status = StreamStatus.Active, IsAutomatic = false, OpenShards = open, ReservedShards = open }));
        LogResharded(head.Name, open);
    });

    private async Task<(SealedEnd? End, SealedEnd? AdjacentEnd, Exception? Failure)> SealAsync(ReshardStep step)
    {
        try
        {
            var first = SealAsync(step.Shard);
            var second = step.Adjacent is { } adjacent ? SealAsync(adjacent) : null;
            return (await first, second is null ? null : await second, null);
        }
        catch (Exception exception)
        {
            return (null, null, exception);
        }
    }

    private async Task<SealedEnd> SealAsync(ShardId shard)
    {
        var result = await GrainFactory.GetGrain<IShardGrain>(new ShardKey(generation, shard).ToGrainKey()).SealAsync();
        return result.Code == BrokerErrorCode.None
            ? new SealedEnd(result.Position, result.ArrivalUnixMilliseconds)
            : throw new BrokerException(
                result.Code, string.Create(CultureInfo.InvariantCulture, $"Shard {shard} cannot be sealed now: {result.Message}"));
    }

    private IEnumerable<long> RecentScalings()
    {
        var since = NowMilliseconds() - MillisecondsPerDay;
        return settings.Scalings.Where(at => at > since);
    }

    private long NowMilliseconds() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
