using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Broker.Silo.Streams.Lineage;

namespace Broker.Tests.Simulation.Shards;

/// <summary>What the stream grain keeps: the lineage and the step under way. Outlives crashes.</summary>
internal sealed class SimStream
{
    public static readonly StreamGeneration Generation = new(7);

    private readonly SimScheduler scheduler;

    public SimStream(SimScheduler scheduler, int shardCount)
    {
        this.scheduler = scheduler;
        Lineage = StreamLineage.Create(shardCount, NowSecond());
        Route = MakeRoute(1);
    }

    public StreamLineage Lineage { get; private set; }

    /// <summary>The newest map.</summary>
    public StreamRoute Route { get; private set; }

    /// <summary>A split or merge that was begun and must be finished.</summary>
    public ReshardStep? Step { get; private set; }

    public static ShardKey Key(ShardId shard) => new(Generation, shard);

    public ShardDescription Find(ShardId shard) => Lineage.Find(shard)!;

    /// <summary>The shard and everything that it descends from.</summary>
    public HashSet<ShardId> LineOf(ShardId shard)
    {
        HashSet<ShardId> line = [];
        Stack<ShardId> rest = new([shard]);
        while (rest.TryPop(out var next))
        {
            if (line.Add(next))
            {
                foreach (var parent in Find(next).Parents)
                {
                    rest.Push(parent);
                }
            }
        }

        return line;
    }

    public void Begin()
    {
        var open = Lineage.Open;
        var place = scheduler.Random.Next(open.Length);
        if (place + 1 < open.Length && scheduler.Random.Next(6) < open.Length)
        {
            Step = ReshardStep.Merge(open[place].Id, open[place + 1].Id);
        }
        else
        {
            var range = open[place].Range;
            Step = ReshardStep.Split(open[place].Id, new HashKey(range.Start.Value + ((range.End.Value - range.Start.Value) / 2) + 1));
        }
    }

    public void Finish(SealedEnd end, SealedEnd? adjacentEnd)
    {
        var step = Step!.Value;
        Lineage = (step.Adjacent is { } adjacent
            ? Lineage.Merge(step.Shard, end, adjacent, adjacentEnd!.Value, NowSecond())
            : Lineage.Split(step.Shard, step.NewStart, end, NowSecond())).Lineage;
        Step = null;
        Route = MakeRoute(Route.Stream.Version + 1);
    }

    private StreamRoute MakeRoute(long version) => new(
        new StreamMap(
            new StreamDescription(
                "s", Generation, StreamStatus.Active, StreamMode.OnDemand, 24, 0, 1024 * 1024, 0, Lineage.Open.Length, 0, version),
            [.. Lineage.Shards]),
        0);

    private long NowSecond() => scheduler.Time.GetUtcNow().ToUnixTimeSeconds();
}
