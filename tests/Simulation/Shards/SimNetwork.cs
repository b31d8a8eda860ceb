using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;

namespace Broker.Tests.Simulation.Shards;

/// <summary>The way to the shards: finds the owner, or the one before it; loses answers, delivers twice and late.</summary>
internal sealed class SimNetwork(SimScheduler scheduler, SimSilo[] silos, Action<Task> watch)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<ShardId, int> owners = [];

    /// <summary>Requests that the process had taken when it died: they may be delivered to the next one.</summary>
    public List<(ShardId Shard, AppendRequest Request)> Flying { get; } = [];

    public async Task<AppendResult> AppendAsync(ShardId shard, AppendRequest request)
    {
        await scheduler.StepAsync();
        if (scheduler.Random.Next(6) == 0)
        {
            watch(RepeatAsync(shard, request));
        }

        var answer = DeliverAsync(shard, request);
        if (scheduler.Random.Next(10) == 0)
        {
            watch(answer);
            for (var steps = scheduler.Random.Next(30); steps > 0; steps--)
            {
                await scheduler.StepAsync();
            }

            return AppendResult.Failed(BrokerErrorCode.Unavailable, "The answer was lost.");
        }

        try
        {
            return await answer.WaitAsync(Patience, scheduler.Time);
        }
        catch (TimeoutException)
        {
            return AppendResult.Failed(BrokerErrorCode.Unavailable, "The answer did not come in time.");
        }
    }

    public Task<ReadResult> ReadAsync(ShardId shard, ReadRequest request) => Find(shard).ReadAsync(shard, request);

    public Task<FindResult> FindAsync(ShardId shard, long arrival) => Find(shard).FindAsync(shard, arrival);

    public Task<SealResult> SealAsync(ShardId shard) => Find(shard).SealAsync(shard);

    /// <summary>The same request once more: before, while, or after the first is answered.</summary>
    public async Task RepeatAsync(ShardId shard, AppendRequest request)
    {
        if (scheduler.Random.Next(2) == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(scheduler.Random.Next(1, 3000)), scheduler.Time);
        }

        await DeliverAsync(shard, request);
    }

    private async Task<AppendResult> DeliverAsync(ShardId shard, AppendRequest request)
    {
        Flying.Add((shard, request));
        await scheduler.StepAsync();
        var result = await Find(shard).AppendAsync(shard, request);
        Flying.RemoveAt(Flying.FindIndex(flying => ReferenceEquals(flying.Request, request)));
        await scheduler.StepAsync();
        return result;
    }

    /// <summary>Mostly the owner; now and then an activation that has been replaced and does not know it; now and then the owner changes.</summary>
    private SimSilo Find(ShardId shard)
    {
        if (!owners.TryGetValue(shard, out var owner) || scheduler.Random.Next(40) == 0)
        {
            owners[shard] = owner = scheduler.Random.Next(silos.Length);
        }

        var other = silos[scheduler.Random.Next(silos.Length)];
        return scheduler.Random.Next(5) == 0 && other.Has(shard) ? other : silos[owner];
    }
}
