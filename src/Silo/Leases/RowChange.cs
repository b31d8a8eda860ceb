namespace Broker.Silo.Leases;

/// <summary>A row as it shall be.</summary>
/// <param name="Row">Null to delete it.</param>
/// <param name="Version">The version that it must have; 0 where it must not be there.</param>
internal readonly record struct RowChange<T>(T? Row, long Version)
    where T : class;
