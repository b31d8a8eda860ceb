using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Lineage;

namespace Broker.Silo.Streams;

/// <content>Creation, deletion, and the regular sweep.</content>
public sealed partial class StreamGrain
{
    private const int MaxConcurrentDrops = 32;

    public async Task CreateAsync(CreateStreamCommand command)
    {
        // The head that the catalogue wrote says what to make; an activation from before it must look again.
        mustLoad |= rows.Head is null;
        await ChangeAsync(() => Task.FromResult(Head()));
        GoOn();
    }

    public async Task DeleteAsync(bool enforceConsumerDeletion)
    {
        await ChangeAsync(async () =>
        {
            // Whatever operation is under way is given up: a stream that cannot go on can still be deleted.
            var head = Head();
            if (head.Status == StreamStatus.Deleting)
            {
                throw errors.NotActive(head.Name, head.Status);
            }

            if (rows.Consumers.Count > 0 && !enforceConsumerDeletion)
            {
                throw errors.HasConsumers(head.Name, rows.Consumers.Count);
            }

            await WriteRowsAsync(rows => rows.WriteHeadAsync(head with { Status = StreamStatus.Deleting }));
            LogDeleting(head.Name, generation);
        });
        GoOn();
    }

    public async Task<long?> SweepAsync(long keptUnixMilliseconds)
    {
        if (rows.Head is null && !mustLoad)
        {
            DeactivateOnIdle();
            return null;
        }

        var horizon = await ChangeAsync<long?>(async () =>
        {
            if (rows.Head is not { Status: StreamStatus.Active or StreamStatus.Updating })
            {
                return null;
            }

            var horizon = settings.Horizon.At(Math.Min(keptUnixMilliseconds, expiry.NowUnixMilliseconds));
            var expired = rows.Lineage.Expired(horizon);
            if (!expired.IsEmpty)
            {
                await WriteRowsAsync(rows => rows.TrimAsync(expired));
                LogTrimmed(rows.Head.Name, expired.Length);
            }

            return horizon;
        });
        GoOn();
        Scale();
        return horizon;
    }

    private Task<bool> CreateStepAsync() => ChangeAsync(async () =>
    {
        if (rows.Head is not { Status: StreamStatus.Creating } head)
        {
            return;
        }

        var creation = head.Creation ?? throw new InvalidOperationException("The stream is CREATING, but nothing says from what.");

        await WriteSettingsAsync(new StreamState
        {
            RetentionHours = Math.Clamp(StreamState.DefaultRetentionHours, limits.MinRetentionHours, limits.MaxRetentionHours),
            MaxRecordBytes = creation.MaxRecordBytes,
            Tags = creation.Tags,
            WarmThroughputMiBps = creation.WarmThroughputMiBps,
            RecordDistribution = creation.RecordDistribution,
        });
        var lineage = StreamLineage.Create(creation.ShardCount, NowSecond());
        var active = head with
        {
            Status = StreamStatus.Active,
            OpenShards = creation.ShardCount,
            ReservedShards = creation.ShardCount,
            Creation = null,
        };
        await WriteRowsAsync(rows => rows.CreateAsync(active, lineage));
        LogCreated(head.Name, generation, creation.ShardCount);
    });

    private async Task DeleteStepAsync()
    {
        var name = rows.Head!.Name;
        await log.DeleteStreamAsync(generation, stopping.Token);
        foreach (var chunk in rows.Lineage.Shards.Chunk(MaxConcurrentDrops))
        {
            await Task.WhenAll(chunk.Select(shard => DropAsync(shard.Id)));
        }

        await ChangeAsync(async () =>
        {
            await WriteRowsAsync(rows => rows.ClearAsync());
            if (state.RecordExists)
            {
                var settings = this.settings;
                mustLoad = true;
                await state.ClearStateAsync();
                (this.settings, mustLoad) = (settings, false);
            }
        });

        // From before the name is free, nothing is told of this stream any more. Should the removal fail, the head is read again.
        rows.Forget();
        mustLoad = true;
        await Catalogue.RemoveAsync(name, generation);
        LogDeleted(name, generation);
        DeactivateOnIdle();
    }

    /// <summary>Tells a shard that is in memory to let go. The log has forgotten it; one that is not told finds out by itself.</summary>
    private async Task DropAsync(ShardId shard)
    {
        try
        {
            var grain = GrainFactory.GetGrain<IShardGrain>(new ShardKey(generation, shard).ToGrainKey());
            if (await GrainFactory.GetGrain<IManagementGrain>(0).GetActivationAddress(grain) is not null)
            {
                await grain.DropAsync().WaitAsync(TimeSpan.FromSeconds(5), time);
            }
        }
        catch (Exception exception)
        {
            LogDropFailed(shard, generation, exception);
        }
    }

    private long NowSecond() => time.GetUtcNow().ToUnixTimeSeconds();
}
