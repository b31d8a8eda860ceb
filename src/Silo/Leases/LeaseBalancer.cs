namespace Broker.Silo.Leases;

/// <summary>Decides who gets which lease, by what is pushed of each. Pure: the same workers and leases give the same moves.</summary>
/// <remarks>
/// A lease costs its bytes a second and a quarter of the mean, so that idle shards are shared by their number. A worker's load is the cost
/// of what it has and what is on its way to it, over its capacity; one that reports more than 90 % of its processors in use counts
/// a quarter more, and is given nothing while others can take it. Free leases go to whoever has least. A lease is moved from one worker to
/// another when that leaves both below what the first had, by a margin; a few at a time, and not again soon.
/// </remarks>
internal sealed class LeaseBalancer
{
    private const double BusyPercent = 90;
    private const double BusyWeight = 1.25;

    /// <summary>Free leases given in one round, and the share of them where that is more: workers that start together shall find some.</summary>
    private const int MinGrants = 16;
    private const int GrantShare = 4;

    /// <summary>How many of those with least and of those with most are compared.</summary>
    private const int Compared = 16;

    /// <summary>Leases on their way between workers at once, and the share of all where that is more.</summary>
    private const int MinMoves = 4;
    private const int MoveShare = 10;

    private readonly List<Load> loads;
    private readonly Dictionary<string, Load> byId;
    private readonly List<Lease> leases;
    private readonly Func<Lease, string> streamOf;
    private readonly Func<Lease, bool> isSettled;
    private readonly double threshold;
    private readonly double floor;

    /// <param name="workers">All workers.</param>
    /// <param name="all">All leases.</param>
    /// <param name="streamOf">The name of a lease's stream.</param>
    /// <param name="isSettled">Whether a lease has been with its owner for long enough to be moved.</param>
    /// <param name="threshold">The margin, as a share of the mean load.</param>
    public LeaseBalancer(
        IEnumerable<Worker> workers, IEnumerable<Lease> all, Func<Lease, string> streamOf, Func<Lease, bool> isSettled, double threshold)
    {
        this.streamOf = streamOf;
        this.isSettled = isSettled;
        this.threshold = threshold;
        leases = [.. all.Where(lease => !lease.HasEnded).OrderBy(lease => lease.Shard)];
        floor = Math.Max(1, leases.Count == 0 ? 0 : leases.Average(lease => lease.BytesPerSecond) / 4);
        loads = [.. workers.Where(worker => worker.HasJoined).OrderBy(worker => worker.Id, StringComparer.Ordinal).Select(worker => new Load(worker))];
        byId = loads.ToDictionary(load => load.Worker.Id, StringComparer.Ordinal);
        foreach (var lease in leases)
        {
            if ((lease.HandOver?.To ?? lease.Row.Owner) is { } id && byId.TryGetValue(id, out var load))
            {
                load.Add(Cost(lease));
            }
        }
    }

    /// <summary>Gives free leases away.</summary>
    public List<LeaseMove> Grant()
    {
        var free = leases.Where(lease => lease.Row.Owner is null).OrderByDescending(Cost).ToList();
        var most = Math.Max(MinGrants, (free.Count + GrantShare - 1) / GrantShare);
        var moves = new List<LeaseMove>();
        foreach (var lease in free)
        {
            if (moves.Count == most)
            {
                break;
            }

            var fit = loads.Where(load => Takes(load, lease)).ToList();
            var calm = fit.Where(load => !load.IsBusy).ToList();
            if ((calm.Count > 0 ? calm : fit).MinBy(load => load.With(Cost(lease))) is { } least)
            {
                least.Add(Cost(lease));
                moves.Add(new LeaseMove(lease, least.Worker));
            }
        }

        return moves;
    }

    /// <summary>Finds leases to move for balance.</summary>
    public List<LeaseMove> Move()
    {
        var moves = new List<LeaseMove>();
        var room = Math.Max(MinMoves, leases.Count / MoveShare) - leases.Count(lease => lease.HandOver is not null);
        if (loads.Count < 2 || room <= 0)
        {
            return moves;
        }

        var movable = leases.Where(lease => lease.HandOver is null && lease.Row.Owner is { } owner && byId.ContainsKey(owner))
            .GroupBy(lease => lease.Row.Owner!).ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        while (room-- > 0 && Best(movable) is { } move)
        {
            var cost = Cost(move.Lease);
            byId[move.Lease.Row.Owner!].Add(-cost, -1);
            byId[move.To.Id].Add(cost);
            movable[move.Lease.Row.Owner!].Remove(move.Lease);
            moves.Add(move);
        }

        return moves;
    }

    private LeaseMove? Best(Dictionary<string, List<Lease>> movable)
    {
        var margin = threshold * loads.Average(load => load.Value);
        var most = loads.OrderByDescending(load => load.Value).Take(Compared).ToList();
        foreach (var to in loads.Where(load => !load.IsBusy).OrderBy(load => load.Value).Take(Compared))
        {
            foreach (var from in most)
            {
                var half = (from.Value - to.Value) / 2;
                if (half * 2 <= margin)
                {
                    break;
                }

                var best = movable.GetValueOrDefault(from.Worker.Id, [])
                    .Where(lease => Takes(to, lease) && (to.Count == 0 || isSettled(lease)))
                    .Where(lease => to.With(Cost(lease)) + margin <= from.Value)
                    .MinBy(lease => Math.Abs((Cost(lease) / to.Worker.Capacity) - half));
                if (best is not null)
                {
                    return new LeaseMove(best, to.Worker);
                }
            }
        }

        return null;
    }

    private bool Takes(Load load, Lease lease) => load.Count < load.Worker.MaxLeases && load.Worker.Streams.Contains(streamOf(lease));

    private double Cost(Lease lease) => lease.BytesPerSecond + floor;

    private sealed class Load(Worker worker)
    {
        private double cost;

        public Worker Worker { get; } = worker;

        public int Count { get; private set; }

        public bool IsBusy { get; } = worker.CpuPercent > BusyPercent;

        public double Value => With(0);

        public void Add(double more, int count = 1)
        {
            cost += more;
            Count += count;
        }

        public double With(double more) => (cost + more) / Worker.Capacity * (IsBusy ? BusyWeight : 1);
    }
}
