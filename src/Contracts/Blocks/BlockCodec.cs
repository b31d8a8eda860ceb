namespace Broker.Contracts.Blocks;

/// <summary>How a block's payload is stored. Written into every block: numbers are never reused.</summary>
public enum BlockCodec : byte
{
    /// <summary>As it is.</summary>
    None = 0,

    /// <summary>One block in LZ4's block format, without a frame: its length when decoded is the head's.</summary>
    Lz4 = 1,
}
