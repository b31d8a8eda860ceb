namespace Broker.Agent.Files;

/// <summary>What a path leads to.</summary>
internal enum FileKind
{
    /// <summary>A file with content.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A pipe, a socket or a device, which is not followed.</summary>
    Other,
}
