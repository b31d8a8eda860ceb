namespace Broker.Contracts.Blocks;

/// <summary>What a block is, where it is not plain records. Written into every block: bits are never reused.</summary>
[Flags]
public enum BlockFlags : ushort
{
    None = 0,

    /// <summary>The shard ends here: a control block without records; its payload is the producers' state, as in a snapshot.</summary>
    Seal = 1,

    /// <summary>A control block without records whose payload is the state of the shard's producers.</summary>
    ProducerSnapshot = 2,
}
