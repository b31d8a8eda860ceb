namespace Broker.Contracts.Blocks;

/// <summary>Why bytes are not a readable block.</summary>
public enum BlockFault
{
    None,

    /// <summary>No magic, impossible lengths, or fewer bytes than the head says.</summary>
    NotABlock,

    /// <summary>Written by a newer release than this one.</summary>
    NewerVersion,

    HeadChecksum,

    PayloadChecksum,
}
