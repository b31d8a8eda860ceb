using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Silo.Storage.Embedded.Shards;

/// <summary>All shards' heads, and who may append. Callers hold <see cref="Gate"/>.</summary>
/// <param name="boot">Leads the epochs, so that they never repeat across starts.</param>
/// <param name="bugs">Planted by tests.</param>
internal sealed class ShardTable(uint boot, PlantedBugs bugs)
{
    private readonly Dictionary<ShardKey, ShardState> shards = [];
    private readonly HashSet<StreamGeneration> deleted = [];
    private uint lastEpoch;

    public Lock Gate { get; } = new();

    public IEnumerable<ShardState> All => shards.Values;

    public IReadOnlyCollection<StreamGeneration> Deleted => deleted;

    public ShardState? Find(ShardKey key) => shards.GetValueOrDefault(key);

    public ShardState GetOrAdd(ShardKey key)
    {
        if (!shards.TryGetValue(key, out var state))
        {
            shards.Add(key, state = new ShardState(key));
        }

        return state;
    }

    public long NextEpoch() => ((long)boot << 32) | ++lastEpoch;

    public bool IsDeleted(StreamGeneration stream) => deleted.Contains(stream);

    /// <returns>The stream's shards, which are forgotten.</returns>
    public List<ShardState> Delete(StreamGeneration stream)
    {
        deleted.Add(stream);
        List<ShardState> gone = [.. shards.Values.Where(shard => shard.Key.Stream == stream)];
        foreach (var shard in gone)
        {
            shards.Remove(shard.Key);
        }

        return gone;
    }

    /// <summary>Checks an append against its shard's head and, where it is in order, moves the queued head past it.</summary>
    /// <returns>Why it is refused; null where it is admitted.</returns>
    public AppendOutcome? Admit(in ShardAppend append, out ShardState state)
    {
        state = Find(append.Shard)!;
        if (state is null)
        {
            return Fenced($"shard {append.Shard} is not open: its stream was deleted, or nobody opened it.");
        }

        if (append.Epoch != state.Epoch && !bugs.HasFlag(PlantedBugs.ForgotEpoch))
        {
            return Fenced($"epoch {append.Epoch} of shard {append.Shard} is superseded by {state.Epoch}.");
        }

        if (state.IsUncertain)
        {
            return new AppendOutcome(AppendStatus.Uncertain, $"An earlier append of shard {append.Shard} has no known outcome: open the shard again.");
        }

        var queued = state.Queued;
        if (queued.IsSealed)
        {
            return Fenced($"shard {append.Shard} is sealed.");
        }

        var first = append.Blocks[0].Head;
        if (append.ExpectedOrdinal != queued.NextOrdinal || first.FirstPosition != queued.NextPosition)
        {
            return state.WasRefusedForSpace && append.ExpectedOrdinal > queued.NextOrdinal
                ? new AppendOutcome(AppendStatus.DiskFull, $"An earlier append of shard {append.Shard} found no room.")
                : Fenced(
                    $"shard {append.Shard} goes on at ordinal {queued.NextOrdinal}, position {queued.NextPosition}, not at {append.ExpectedOrdinal}, {first.FirstPosition}.");
        }

        if (first.ArrivalUnixMilliseconds < queued.LastArrival)
        {
            throw new ArgumentException($"Arrival {first.ArrivalUnixMilliseconds} of shard {append.Shard} falls below {queued.LastArrival}.", nameof(append));
        }

        foreach (var block in append.Blocks)
        {
            queued = queued.After(block.Head);
        }

        state.Queued = queued;
        state.WasRefusedForSpace = false;
        state.PendingCount++;
        return null;
    }

    private static AppendOutcome Fenced(string detail) => new(AppendStatus.Fenced, $"The append is refused: {detail}");
}
