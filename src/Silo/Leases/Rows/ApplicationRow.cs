namespace Broker.Silo.Leases.Rows;

/// <summary>An application; the key is its name.</summary>
public sealed record ApplicationRow
{
    public long CreatedUnixMilliseconds { get; set; }

    public long FailoverMilliseconds { get; set; }

    public long HandOverMilliseconds { get; set; }

    /// <summary>Where counters of new leases begin: above all that were before a reset, so that what was granted before it holds no more.</summary>
    public long CounterFloor { get; set; }

    /// <summary>By name.</summary>
    public ApplicationStreamRow[] Streams { get; set; } = [];
}
