using Broker.Contracts.Leases;
using Broker.Contracts.Shards;

namespace Broker.Silo.Leases.Rows;

/// <summary>A checkpoint as rows hold it.</summary>
public sealed record CheckpointRow
{
    public CheckpointType Type { get; set; }

    /// <summary>Decimal; null where the type has none.</summary>
    public string? SequenceNumber { get; set; }

    public ulong? SubSequenceNumber { get; set; }

    public long? UnixMilliseconds { get; set; }

    public static CheckpointRow Of(LeaseCheckpoint checkpoint) => new()
    {
        Type = checkpoint.Type,
        SequenceNumber = checkpoint.Type == CheckpointType.SequenceNumber ? checkpoint.Number.ToString() : null,
        SubSequenceNumber = checkpoint.SubSequenceNumber,
        UnixMilliseconds = checkpoint.Type == CheckpointType.AtTimestamp ? checkpoint.UnixMilliseconds : null,
    };

    /// <exception cref="FormatException">The sequence number is none.</exception>
    public LeaseCheckpoint ToCheckpoint()
    {
        var number = default(SequenceNumber);
        if (Type == CheckpointType.SequenceNumber && !Contracts.Shards.SequenceNumber.TryParse(SequenceNumber, out number))
        {
            throw new FormatException($"'{SequenceNumber}' is not a sequence number.");
        }

        return new LeaseCheckpoint(Type, number, SubSequenceNumber, UnixMilliseconds ?? 0);
    }
}
