using Broker.Silo.Storage;

namespace Broker.Tests.Simulation;

/// <summary>What was asked of one shard and answered, and the rules that what is found must keep.</summary>
internal sealed class ShardHistory(string name)
{
    private readonly List<Attempt> attempts = [];
    private readonly List<(long Epoch, long NextOrdinal)> opens = [];
    private readonly HashSet<long> seen = [];

    public int CommittedCount => attempts.Count(attempt => attempt.Status == AppendStatus.Committed);

    public Attempt Begin(long epoch, long ordinal, long[] ids)
    {
        var attempt = new Attempt(epoch, ordinal, ids);
        attempts.Add(attempt);
        return attempt;
    }

    public void Opened(long epoch, long nextOrdinal) => opens.Add((epoch, nextOrdinal));

    public void Saw(long id) => seen.Add(id);

    /// <summary>Checks the whole content of the shard.</summary>
    /// <param name="found">Blocks in the order read: ordinal, epoch, id.</param>
    /// <param name="reported">Ordinals that a read reported as damaged.</param>
    public void Check(IReadOnlyList<(long Ordinal, long Epoch, long Id)> found, IReadOnlySet<long> reported, long nextOrdinal)
    {
        long expected = 0;
        long lastEpoch = 0;
        var present = new HashSet<long>();
        foreach (var (ordinal, epoch, id) in found)
        {
            for (; expected < ordinal; expected++)
            {
                Rule(reported.Contains(expected), $"block {expected} is missing and was not reported");
            }

            Rule(ordinal == expected, $"block {ordinal} came where {expected} was expected");
            Rule(epoch >= lastEpoch, $"block {ordinal} has epoch {epoch} after {lastEpoch}");
            Rule(present.Add(id), $"id {id} is there twice");
            foreach (var open in opens)
            {
                Rule(epoch >= open.Epoch || ordinal < open.NextOrdinal, $"block {ordinal} of epoch {epoch} landed after epoch {open.Epoch} was opened at {open.NextOrdinal}");
            }

            lastEpoch = epoch;
            expected++;
        }

        for (; expected < nextOrdinal; expected++)
        {
            Rule(reported.Contains(expected), $"block {expected} before the end {nextOrdinal} is missing and was not reported");
        }

        foreach (var attempt in attempts)
        {
            var landed = 0;
            for (var i = 0; i < attempt.Ids.Length; i++)
            {
                landed += present.Contains(attempt.Ids[i]) || reported.Contains(attempt.Ordinal + i) ? 1 : 0;
            }

            switch (attempt.Status)
            {
                case AppendStatus.Committed:
                    Rule(landed == attempt.Ids.Length, $"committed append at {attempt.Ordinal} of epoch {attempt.Epoch} is lost");
                    break;
                case AppendStatus.Fenced or AppendStatus.DiskFull:
                    Rule(!attempt.Ids.Any(present.Contains), $"refused append at {attempt.Ordinal} of epoch {attempt.Epoch} landed");
                    break;
                default:
                    Rule(landed == attempt.Ids.Length || !attempt.Ids.Any(present.Contains) || reported.Count > 0, $"append at {attempt.Ordinal} of epoch {attempt.Epoch} landed in part");
                    break;
            }
        }

        foreach (var id in seen)
        {
            Rule(present.Contains(id) || reported.Count > 0, $"id {id} was read and is gone");
        }

        var known = attempts.SelectMany(attempt => attempt.Ids).ToHashSet();
        Rule(present.All(known.Contains), "something was found that nobody wrote");
    }

    private void Rule(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvariantException($"{name}: {what}.");
        }
    }

    internal sealed record Attempt(long Epoch, long Ordinal, long[] Ids)
    {
        /// <summary>Null while there is no answer.</summary>
        public AppendStatus? Status { get; set; }
    }
}
