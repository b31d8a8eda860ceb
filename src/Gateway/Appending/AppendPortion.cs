using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>Records of one batch and one identity on their way to one shard. Owned by one appender at a time.</summary>
internal sealed class AppendPortion(AppendBatch batch, AppendGroup group, EncodedRecords records)
{
    public AppendBatch Batch { get; } = batch;

    public AppendGroup Group { get; } = group;

    public EncodedRecords Records { get; set; } = records;

    public int RecordCount => Records.Indexes.Length;

    public int Bytes => Records.Bytes;

    /// <summary>Ancestors' repeats that have been taken out of the records.</summary>
    public List<ShardId> Handled { get; } = new(0);

    /// <summary>The records may be taken unseen: an attempt ended without an answer, or a copy of the client's may be on its way elsewhere.</summary>
    public bool IsUncertain
    {
        get => field || Batch.IsRepeat;
        set;
    }

    /// <summary>How the records were encrypted when they were last sent.</summary>
    public EncryptionType EncryptionType { get; set; }

    public void Took(ShardId shard, long createdSecond, long firstPosition, long arrivalUnixMilliseconds) => Batch.Took(
        new AppendPart(shard, createdSecond, firstPosition, arrivalUnixMilliseconds, Records.Indexes) { EncryptionType = EncryptionType });

    public void Fail(BrokerErrorCode code, string message)
    {
        // Before the batch can be done, and repeated.
        Group.Lost(Records.Indexes);
        Batch.Failed(new AppendFault(code, message, Records.Indexes, IsUncertain));
    }

    public IEnumerable<HandledRepeat> HandledRepeats() =>
        Group.Identity is { } identity ? Handled.Select(shard => new HandledRepeat(identity, shard)) : [];
}
