using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Contracts.Grains;

/// <summary>A shard: its ordered log and its counter; the only one that appends to it, as far as the store agrees. Keyed by <see cref="ShardKey.ToGrainKey"/>.</summary>
/// <remarks>Calls interleave. Nothing here throws for an expected outcome: results carry a <see cref="BrokerErrorCode"/>.</remarks>
[Alias("broker.IShardGrain")]
public interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Appends blocks, all or none, once: a repeat is recognised by its identities. Completes when they are durable.</summary>
    [Alias("Append")]
    Task<AppendResult> AppendAsync(AppendRequest request);

    /// <summary>Reads committed blocks; waits for the first if asked to.</summary>
    [Alias("Read")]
    Task<ReadResult> ReadAsync(ReadRequest request);

    /// <summary>The position of the first record that arrived at or after a time (milliseconds since 1970), or the tail; for long.MaxValue always the tail.</summary>
    [Alias("Find")]
    Task<FindResult> FindAsync(long arrivalUnixMilliseconds);

    /// <summary>Ends the shard: no record is taken after it. Called by the stream grain alone; repeatable, always with the same answer.</summary>
    [Alias("Seal")]
    Task<SealResult> SealAsync();

    /// <summary>Gives a registered consumer's subscription its turn: refused within the take-over time of the last, else it ends the last.</summary>
    /// <param name="consumer">The consumer's name.</param>
    /// <param name="subscription">A number of the subscriber's own making, which its reads then carry.</param>
    [Alias("Subscribe")]
    Task<BrokerErrorCode> SubscribeAsync(string consumer, Guid subscription);

    /// <summary>Ends a subscription that the subscriber gave up, so that the next one need not wait.</summary>
    [Alias("Unsubscribe")]
    Task UnsubscribeAsync(string consumer, Guid subscription);

    /// <summary>Drops what the grain holds of a shard whose stream is gone.</summary>
    [Alias("Drop")]
    Task DropAsync();
}

/// <summary>Blocks for one shard, unstamped, every record under an identity.</summary>
/// <param name="Blocks">At least one; together at most 16 MiB encoded. Payloads are never changed after the call.</param>
/// <param name="HandledRepeats">What the gateway has already taken out of the blocks because an ancestor took it: those no longer count as repeats.</param>
/// <param name="MapVersion">The gateway's version of the stream: a shard that knows an older one refreshes its settings.</param>
[GenerateSerializer, Immutable]
[Alias("broker.AppendRequest")]
public sealed record AppendRequest(
    [property: Id(0)] ImmutableArray<RecordBlock> Blocks,
    [property: Id(1)] ImmutableArray<HandledRepeat> HandledRepeats,
    [property: Id(2)] long MapVersion)
{
    /// <summary>Records drawn from the blocks; empty for PROVISIONED streams, whose load nobody asks after.</summary>
    [Id(3)]
    public ImmutableArray<LoadSample> Load { get; init; } = [];

    /// <summary>Encoded bytes for the shard that the gateway holds: this call's and those that wait behind it.</summary>
    [Id(4)]
    public long HeldBytes { get; init; }

    /// <summary>The furthest end of the shard that the gateway was told.</summary>
    [Id(5)]
    public KnownEnd Known { get; init; }

    /// <summary>The gateway's span of the call, in the form of W3C's traceparent; null where it is not traced.</summary>
    [Id(6)]
    public string? TraceParent { get; init; }
}

/// <summary>A batch's records that one shard took earlier.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.HandledRepeat")]
public readonly record struct HandledRepeat([property: Id(0)] BatchIdentity Identity, [property: Id(1)] ShardId TakenBy);

/// <summary>What became of an append.</summary>
/// <remarks>
/// None without <see cref="Verdicts"/>: committed, from <see cref="FirstPosition"/> on. Else nothing was appended. With verdicts,
/// whatever the code: some identities are repeats or refused; the gateway takes them out and sends the rest again.
/// ProvisionedThroughputExceeded: the first
/// <see cref="AdmittedRecords"/> records fit the limit. ShardClosed: refresh the map and go to the children.
/// </remarks>
[GenerateSerializer, Immutable]
[Alias("broker.AppendResult")]
public readonly record struct AppendResult(
    [property: Id(0)] BrokerErrorCode Code,
    [property: Id(1)] long FirstPosition,
    [property: Id(2)] long ArrivalUnixMilliseconds,
    [property: Id(3)] ImmutableArray<BatchVerdict> Verdicts,
    [property: Id(4)] int AdmittedRecords,
    [property: Id(5)] string? Message)
{
    /// <summary>The owner's epoch where the append was committed.</summary>
    [Id(6)]
    public long Epoch { get; init; }

    public static AppendResult Committed(long firstPosition, long arrivalUnixMilliseconds) =>
        new(BrokerErrorCode.None, firstPosition, arrivalUnixMilliseconds, [], 0, null);

    public static AppendResult Failed(BrokerErrorCode code, string message) => new(code, 0, 0, [], 0, message);
}

/// <summary>What a shard says of one identity that it does not append.</summary>
/// <param name="Identity">The batch.</param>
/// <param name="Code">None: a repeat, its records were taken as told by the rest. Else why it is refused.</param>
/// <param name="TakenBy">The shard that took them: this one or an ancestor.</param>
/// <param name="TakenRange">That shard's hash keys: of the batch, exactly the records in it were taken, in their order.</param>
/// <param name="TakenByCreatedSecond">That shard's creation second, for the sequence numbers.</param>
/// <param name="FirstPosition">The first record's position in that shard.</param>
/// <param name="RecordCount">How many it took.</param>
/// <param name="ArrivalUnixMilliseconds">Their arrival stamp.</param>
/// <param name="Message">Why, where it is refused.</param>
[GenerateSerializer, Immutable]
[Alias("broker.BatchVerdict")]
public sealed record BatchVerdict(
    [property: Id(0)] BatchIdentity Identity,
    [property: Id(1)] BrokerErrorCode Code,
    [property: Id(2)] ShardId TakenBy,
    [property: Id(3)] HashKeyRange TakenRange,
    [property: Id(4)] long TakenByCreatedSecond,
    [property: Id(5)] long FirstPosition,
    [property: Id(6)] int RecordCount,
    [property: Id(7)] long ArrivalUnixMilliseconds,
    [property: Id(8)] string? Message);

/// <summary>What to read.</summary>
/// <param name="FromPosition">The first record wanted; moved up to the retention horizon where it lies before it.</param>
/// <param name="MaxBytes">Encoded bytes of blocks at which to stop; at least one block is returned where there is one.</param>
/// <param name="Wait">How long to wait for a first block; at most 10 seconds.</param>
/// <param name="MapVersion">As in <see cref="AppendRequest"/>.</param>
/// <param name="Metered">True for GetRecords, which a PROVISIONED shard's read limits hold for.</param>
/// <param name="Consumer">The registered consumer whose subscription reads; null for none.</param>
/// <param name="Subscription">Its subscription: a superseded one is told ResourceInUse.</param>
/// <param name="Known">The furthest end of the shard that the gateway was told. <paramref name="FromPosition"/> was told too: clients cannot make one up.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ReadRequest")]
public sealed record ReadRequest(
    [property: Id(0)] long FromPosition,
    [property: Id(1)] int MaxBytes,
    [property: Id(2)] TimeSpan Wait,
    [property: Id(3)] long MapVersion,
    [property: Id(4)] bool Metered,
    [property: Id(5)] string? Consumer = null,
    [property: Id(6)] Guid Subscription = default,
    [property: Id(7)] KnownEnd Known = default);

/// <summary>What was read.</summary>
/// <param name="Code">None, or why not.</param>
/// <param name="Blocks">Committed blocks in order; the first may begin before, the last may end after what was asked for.</param>
/// <param name="FromPosition">Where reading really began: the position asked for, or the horizon's.</param>
/// <param name="TailPosition">The next record's position, when the answer was made.</param>
/// <param name="TailArrivalUnixMilliseconds">The newest record's stamp; 0 where there is none.</param>
/// <param name="IsSealed">The shard has ended: nothing comes after <paramref name="TailPosition"/>.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ReadResult")]
public readonly record struct ReadResult(
    [property: Id(0)] BrokerErrorCode Code,
    [property: Id(1)] ImmutableArray<RecordBlock> Blocks,
    [property: Id(2)] long FromPosition,
    [property: Id(3)] long TailPosition,
    [property: Id(4)] long TailArrivalUnixMilliseconds,
    [property: Id(5)] bool IsSealed,
    [property: Id(6)] string? Message)
{
    /// <summary>The owner's epoch.</summary>
    [Id(7)]
    public long Epoch { get; init; }

    public static ReadResult Failed(BrokerErrorCode code, string message) => new(code, [], 0, 0, 0, false, message);
}

/// <summary>Where a time lies in a shard.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.FindResult")]
public readonly record struct FindResult([property: Id(0)] BrokerErrorCode Code, [property: Id(1)] long Position, [property: Id(2)] string? Message);

/// <summary>Where a shard ended.</summary>
/// <param name="Code">None, or why it could not be ended now.</param>
/// <param name="Position">Records it holds, ever.</param>
/// <param name="ArrivalUnixMilliseconds">The seal's stamp, at or above every record's.</param>
/// <param name="Message">Why not.</param>
[GenerateSerializer, Immutable]
[Alias("broker.SealResult")]
public readonly record struct SealResult(
    [property: Id(0)] BrokerErrorCode Code,
    [property: Id(1)] long Position,
    [property: Id(2)] long ArrivalUnixMilliseconds,
    [property: Id(3)] string? Message);
