using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;

namespace Broker.Tests.Simulation.Shards;

/// <summary>A batch as its client knows it: what it sent, and what it was told of it.</summary>
/// <param name="Identity">The client's identity; null where the gateway gives one, and then the client never repeats it.</param>
/// <param name="Ids">The records' ids, which are the first bytes of their data.</param>
/// <param name="Keys">Their hash keys.</param>
/// <param name="Sizes">Bytes of their data.</param>
internal sealed record SentBatch(BatchIdentity? Identity, long[] Ids, HashKey[] Keys, int[] Sizes)
{
    /// <summary>The first answer for each record.</summary>
    public Placement?[] Told { get; } = new Placement?[Ids.Length];

    /// <summary>There is a definitive answer for every record: nothing is left to ask.</summary>
    public bool IsSettled { get; set; }
}
