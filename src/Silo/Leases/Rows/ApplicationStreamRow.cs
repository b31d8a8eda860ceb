namespace Broker.Silo.Leases.Rows;

/// <summary>A stream of an application.</summary>
public sealed record ApplicationStreamRow
{
    public string Name { get; set; } = "";

    /// <summary>The generation that the leases are of; 0 where there was none yet.</summary>
    public long Generation { get; set; }

    /// <summary>Where the application begins, or began, with it.</summary>
    public CheckpointRow Position { get; set; } = new();

    /// <summary>Whether the first leases of the generation were made.</summary>
    public bool HasBegun { get; set; }
}
