using Broker.Contracts.Streams;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <content>What a stream's capacity follows: mode, warm throughput, and what decides the shard of a record.</content>
public sealed partial class StreamGrain
{
    public async Task UpdateModeAsync(StreamMode mode, int? warmThroughputMiBps)
    {
        using var _ = await OwnWorkDoneAsync();
        await ChangeAsync(async () =>
        {
            StreamRules.CheckMode(mode);
            var head = IdleHead();
            var warm = mode == StreamMode.OnDemand ? warmThroughputMiBps ?? settings.WarmThroughputMiBps : warmThroughputMiBps ?? 0;
            rules.CheckWarmThroughput(head.Name, mode, warm);
            if (head.Mode != mode)
            {
                await Catalogue.ReserveAsync(generation, mode, Math.Max(warm, rows.Lineage.Open.Length));
            }

            // PROVISIONED has neither. They go first: a stream without them is well in either mode, whatever is cut off between the writes.
            if (mode == StreamMode.Provisioned && settings is not { WarmThroughputMiBps: 0, RecordDistribution: null })
            {
                await WriteSettingsAsync(settings with { WarmThroughputMiBps = 0, RecordDistribution = null });
            }

            await SetWarmThroughputAsync(head with { Mode = mode }, warm);
        });
        GoOn();
    }

    public async Task<WarmThroughput> UpdateWarmThroughputAsync(int mibps)
    {
        using var _ = await OwnWorkDoneAsync();
        var told = await ChangeAsync(async () =>
        {
            var head = IdleHead();
            if (head.Mode != StreamMode.OnDemand)
            {
                throw errors.WarmThroughputNeedsOnDemand(head.Name);
            }

            rules.CheckWarmThroughput(head.Name, head.Mode, mibps);
            await SetWarmThroughputAsync(head, mibps);
            return Describe(Head()).WarmThroughput;
        });
        GoOn();
        return told;
    }

    public async Task UpdateRecordDistributionAsync(RecordDistributionStrategy strategy)
    {
        using var _ = await OwnWorkDoneAsync();
        await ChangeAsync(async () =>
        {
            var head = IdleHead();
            if (head.Mode != StreamMode.OnDemand)
            {
                throw errors.DistributionNeedsOnDemand(head.Name);
            }

            rules.CheckDistribution(head.Name, head.Mode, strategy);
            RecordDistributionStrategy? stored = strategy == RecordDistributionStrategy.UserPartitionKey ? null : strategy;
            if (stored == settings.RecordDistribution)
            {
                return;
            }

            // Records are spread evenly over the hash keys, so over the shards when those are equal.
            var open = rows.Lineage.Open.Length;
            var even = new ReshardOperation { Kind = ReshardKind.Uniform, TargetCount = open };
            if (strategy == RecordDistributionStrategy.Auto && !even.NextSteps(rows.Lineage, 1).IsEmpty)
            {
                await BeginReshardAsync(head, open, even, settings with { RecordDistribution = stored });
            }
            else
            {
                await WriteSettingsAsync(settings with { RecordDistribution = stored });
            }
        });
        GoOn();
    }

    /// <summary>Writes the head and the warm throughput, and begins to open the shards that are missing.</summary>
    private async Task SetWarmThroughputAsync(StreamHeadRow head, int mibps)
    {
        var changed = settings with { WarmThroughputMiBps = mibps };
        if (mibps > rows.Lineage.Open.Length)
        {
            await BeginReshardAsync(head, mibps, new ReshardOperation { Kind = ReshardKind.Grow, TargetCount = mibps }, changed);
            return;
        }

        if (head != rows.Head)
        {
            await WriteRowsAsync(rows => rows.WriteHeadAsync(head));
        }

        if (changed.WarmThroughputMiBps != settings.WarmThroughputMiBps)
        {
            await WriteSettingsAsync(changed);
        }
    }
}
