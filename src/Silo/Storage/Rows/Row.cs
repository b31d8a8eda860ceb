namespace Broker.Silo.Storage.Rows;

/// <summary>A row's address: a partition to list by, a key within it.</summary>
public readonly record struct RowKey(string Partition, string Key)
{
    public override string ToString() => $"{Partition}/{Key}";
}

/// <summary>A row as read.</summary>
/// <param name="Key">Its address.</param>
/// <param name="Value">Its bytes.</param>
/// <param name="Version">At least 1; one more with every write.</param>
public sealed record Row(RowKey Key, ReadOnlyMemory<byte> Value, long Version);

/// <summary>One row of an atomic write.</summary>
/// <param name="Key">Its address.</param>
/// <param name="Value">The new bytes; null deletes the row.</param>
/// <param name="ExpectedVersion">The version that the row must have, 0 for a row that must not exist; null writes whatever is there.</param>
public readonly record struct RowWrite(RowKey Key, ReadOnlyMemory<byte>? Value, long? ExpectedVersion);

/// <summary>A row was not at the version that a write expected.</summary>
public sealed class RowConflictException(RowKey key, long expectedVersion)
    : Exception($"Row {key} is not at version {expectedVersion}.")
{
    public RowKey Key { get; } = key;
}
