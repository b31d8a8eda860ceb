using System.Globalization;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Reading;

/// <summary>Turns a client's starting position into a record's position in a shard, with AWS's rules and sentences.</summary>
public sealed class StartingPositions(IBrokerGrains grains, StreamRoutes routes, BrokerIdentity identity, TimeProvider clock)
{
    /// <exception cref="BrokerException">InvalidArgument, or what the shard answers.</exception>
    public async ValueTask<long> ResolveAsync(
        StreamRoute route, ShardDescription shard, V1.StartingPosition? start, CancellationToken cancellation)
    {
        var type = start?.Type ?? V1.ShardIteratorType.Unspecified;
        var needsNumber = type is V1.ShardIteratorType.AtSequenceNumber or V1.ShardIteratorType.AfterSequenceNumber;
        if (start is not null && needsNumber != (start.SequenceNumber.Length > 0))
        {
            throw Invalid(
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST "
                + $"or AT_TIMESTAMP and no StartingSequenceNumber. Request specified {Name(type)} and {(needsNumber ? "no" : "also a")} StartingSequenceNumber.");
        }

        switch (type)
        {
            case V1.ShardIteratorType.TrimHorizon:
                return 0;
            case V1.ShardIteratorType.Latest:
                return await FindAsync(route, shard, long.MaxValue, cancellation);
            case V1.ShardIteratorType.AtTimestamp:
                return await FindAsync(route, shard, CheckTimestamp(start!), cancellation);
            case V1.ShardIteratorType.AtSequenceNumber or V1.ShardIteratorType.AfterSequenceNumber:
                var isAfter = type == V1.ShardIteratorType.AfterSequenceNumber;
                var number = CheckNumber(route, shard, start!.SequenceNumber);
                var tail = await FindAsync(route, shard, long.MaxValue, cancellation);
                if (number.ArrivalSecond == 0 && number.Position <= tail)
                {
                    // No record's: a shard's start, or where a subscription was.
                    return number.Position;
                }

                return number.Position < tail ? number.Position + (isAfter ? 1 : 0)
                    : number.Position == 0 && tail == 0 ? 0
                    : throw Invalid($"{Prefix(route, shard, start.SequenceNumber)} is invalid because it lies beyond the shard's newest record.");
            default:
                throw Invalid($"starting_position.type is {type}: it must be one of AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST, AT_TIMESTAMP.");
        }
    }

    /// <summary>The shard of an id, and the map that has it, which may be newer than the one given.</summary>
    /// <exception cref="BrokerException">InvalidArgument: not a shard id. ResourceNotFound.</exception>
    public async ValueTask<(StreamRoute Route, ShardDescription Shard)> FindShardAsync(StreamRoute route, string shardId, CancellationToken cancellation) =>
        !ShardId.TryParse(shardId, out var id)
            ? throw Invalid($"shard_id is '{(shardId.Length > 160 ? shardId[..160] : shardId)}': it must be shardId- and 12 digits.")
            : await routes.FindShardAsync(route, id, cancellation) ?? throw new BrokerException(
                BrokerErrorCode.ResourceNotFound,
                $"Shard {shardId} in stream {route.Stream.Name} under account {identity.AccountId} does not exist");

    private static BrokerException Invalid(string message) => new(BrokerErrorCode.InvalidArgument, message);

    private static string Name(V1.ShardIteratorType type) => type switch
    {
        V1.ShardIteratorType.AtSequenceNumber => "AT_SEQUENCE_NUMBER",
        V1.ShardIteratorType.AfterSequenceNumber => "AFTER_SEQUENCE_NUMBER",
        V1.ShardIteratorType.TrimHorizon => "TRIM_HORIZON",
        V1.ShardIteratorType.Latest => "LATEST",
        V1.ShardIteratorType.AtTimestamp => "AT_TIMESTAMP",
        _ => "no type",
    };

    private async ValueTask<long> FindAsync(StreamRoute route, ShardDescription shard, long time, CancellationToken cancellation)
    {
        var found = await new MovingShard(grains.Shard(new ShardKey(route.Stream.Generation, shard.Id)), clock).FindAsync(time, cancellation);
        return found.Code == BrokerErrorCode.None
            ? found.Position
            : throw new BrokerException(found.Code, found.Message ?? $"{shard.Id} did not find a place: {found.Code}.");
    }

    private long CheckTimestamp(V1.StartingPosition start)
    {
        if (start.Timestamp is not { Nanos: >= 0 and < 1_000_000_000, Seconds: >= 0 and < 253_402_300_800 } timestamp)
        {
            throw Invalid(start.Timestamp is null
                ? "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter."
                : "The timestampInMillis parameter must be a time from 1970 on.");
        }

        var time = (timestamp.Seconds * 1000) + (timestamp.Nanos / 1_000_000);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return time <= now ? time : throw Invalid(string.Create(
            CultureInfo.InvariantCulture,
            $"The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: {time}, currentTimestampInMillis: {now}"));
    }

    private SequenceNumber CheckNumber(StreamRoute route, ShardDescription shard, string text)
    {
        if (!SequenceNumber.TryParse(text, out var number))
        {
            throw Invalid($"{Prefix(route, shard, text.Length > 160 ? text[..160] : text)} is invalid.");
        }

        if (number.ShardIndex != shard.Id.Index)
        {
            throw Invalid($"Invalid StartingSequenceNumber. It encodes {new ShardId(number.ShardIndex)}, while it was used in a call to a shard with {shard.Id}");
        }

        return number.ShardCreatedSecond == shard.CreatedSecond
            ? number
            : throw Invalid($"{Prefix(route, shard, text)} is invalid because it did not come from this stream.");
    }

    private string Prefix(StreamRoute route, ShardDescription shard, string number) =>
        $"StartingSequenceNumber {number} used in GetShardIterator on shard {shard.Id} in stream {route.Stream.Name} under account {identity.AccountId}";
}
