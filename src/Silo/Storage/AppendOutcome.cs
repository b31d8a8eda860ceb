namespace Broker.Silo.Storage;

/// <summary>What became of an append.</summary>
public enum AppendStatus
{
    /// <summary>Durable.</summary>
    Committed,

    /// <summary>A later epoch was opened, or the place is taken: this writer is superseded and nothing was written.</summary>
    Fenced,

    /// <summary>There is no room: nothing was written, and the same append may succeed when space returns. The writer stays good.</summary>
    DiskFull,

    /// <summary>The device failed in the middle or the log stopped: it may or may not have landed. Abandon the writer and open anew.</summary>
    Uncertain,
}

/// <summary>An append's outcome, and in words why where it is not committed.</summary>
public readonly record struct AppendOutcome(AppendStatus Status, string? Detail = null)
{
    public static AppendOutcome Committed => new(AppendStatus.Committed);

    public bool IsCommitted => Status == AppendStatus.Committed;
}
