using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>A lease as one call has it. Guarded by its shard's gate.</summary>
internal sealed class Attachment(ConsumeLink link, ConsumeLeaseGranted granted)
{
    public ConsumeLink Link { get; } = link;

    public ulong LeaseId { get; } = granted.LeaseId;

    public long Counter { get; } = granted.LeaseCounter;

    /// <summary>The last record that was pushed in this call, or where it began: nothing beyond can be checkpointed in it.</summary>
    public string Delivered { get; set; } =
        granted.Checkpoint is { Type: LeaseCheckpointType.SequenceNumber, HasSubSequenceNumber: false } checkpoint ? checkpoint.SequenceNumber : "";

    /// <summary>The call told that the shard has ended.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Whether the broker would take a checkpoint in this call yet.</summary>
    public bool Takes(ConsumeCheckpoint checkpoint) =>
        checkpoint.ShardEnd ? HasEnded : RecordPosition.Compare(checkpoint.SequenceNumber, Delivered) <= 0;

    public void GiveCredit(long bytes)
    {
        if (bytes > 0)
        {
            Link.Send(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = bytes, LeaseId = LeaseId } });
        }
    }
}
