namespace Broker.Gateway.Compression;

/// <summary>Whether a gateway compresses the blocks that it makes. What is stored can be read in any mode.</summary>
public enum CompressionMode
{
    /// <summary>LZ4 in a cluster; nothing on an embedded log, whose disk is faster than the codec is worth.</summary>
    Auto,

    /// <summary>Blocks are stored as they are.</summary>
    None,

    /// <summary>LZ4, of blocks that it makes smaller by an eighth at least.</summary>
    Lz4,
}
