using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Silo.Shards;
using Broker.Silo.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Tests.Simulation.Shards;

/// <summary>One silo's activations: the shell that the grain is around <see cref="Shard"/>, without Orleans.</summary>
internal sealed class SimSilo(SimStream stream, IShardLog log, TimeProvider time, ShardPlantedBug bug)
{
    private static readonly ProducerLimits Limits = new() { StateRetention = TimeSpan.FromHours(24) };
    private static readonly ShardOptions Options = new();

    private readonly TailCache cache = new(60_000);
    private readonly Dictionary<ShardId, (Shard Shard, ShardReader Reader)> activations = [];

    public bool Has(ShardId shard) => activations.ContainsKey(shard);

    public async Task<AppendResult> AppendAsync(ShardId id, AppendRequest request)
    {
        var (shard, _) = Get(id);
        var result = await shard.AppendAsync(request.Blocks, request.HandledRepeats, request.Known, null, default);
        LetGo(id, shard);
        return result;
    }

    public async Task<ReadResult> ReadAsync(ShardId id, ReadRequest request)
    {
        var (shard, reader) = Get(id);
        var result = await reader.ReadAsync(request, 0, default);
        LetGo(id, shard);
        return result;
    }

    public async Task<FindResult> FindAsync(ShardId id, long arrival)
    {
        var (shard, reader) = Get(id);
        var result = await reader.FindAsync(arrival, default);
        LetGo(id, shard);
        return result;
    }

    public async Task<SealResult> SealAsync(ShardId id)
    {
        var (shard, _) = Get(id);
        var result = await shard.SealAsync(default);
        LetGo(id, shard);
        return result;
    }

    private (Shard Shard, ShardReader Reader) Get(ShardId id)
    {
        if (activations.TryGetValue(id, out var known))
        {
            return known;
        }

        var self = stream.Find(id);
        var parents = self.Parents.Select(stream.Find)
            .Select(parent => bug == ShardPlantedBug.StampsNotRaised ? parent with { ClosedUnixMilliseconds = null } : parent);
        var shard = new Shard(SimStream.Key(id), self, [.. parents], log, Limits, time, cache, NullLogger.Instance)
        {
            StateEveryBytes = 8_000,
            ContinuesAfterUncertain = bug == ShardPlantedBug.ContinuedAfterUncertain,
        };
        return activations[id] = (shard, new ShardReader(SimStream.Key(id), shard, log, Options, time));
    }

    private void LetGo(ShardId id, Shard shard)
    {
        if (shard.IsSuperseded && activations.TryGetValue(id, out var known) && known.Shard == shard)
        {
            activations.Remove(id);
        }
    }
}
