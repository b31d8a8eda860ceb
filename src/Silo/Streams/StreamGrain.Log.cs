using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Streams;

public sealed partial class StreamGrain
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Stream {Name} created: generation {Generation}, {Shards} shards")]
    private partial void LogCreated(string name, StreamGeneration generation, int shards);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Stream {Name} is being deleted: generation {Generation}")]
    private partial void LogDeleting(string name, StreamGeneration generation);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Stream {Name} deleted: generation {Generation}")]
    private partial void LogDeleted(string name, StreamGeneration generation);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Stream {Name} is being resharded: {Operation}")]
    private partial void LogResharding(string name, ReshardOperation operation);

    [LoggerMessage(EventId = 5, Level = LogLevel.Debug, Message = "Stream {Name}: {Steps} splits or merges done, {OpenShards} open shards")]
    private partial void LogReshardStep(string name, int steps, int openShards);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Stream {Name} resharded: {OpenShards} open shards")]
    private partial void LogResharded(string name, int openShards);

    [LoggerMessage(EventId = 7, Level = LogLevel.Information, Message = "Stream {Name}: {Shards} expired shards removed")]
    private partial void LogTrimmed(string name, int shards);

    [LoggerMessage(EventId = 8, Level = LogLevel.Warning, Message = "The operation on the stream of generation {Generation} cannot go on now; again in {Pause}")]
    private partial void LogRetry(StreamGeneration generation, TimeSpan pause, Exception exception);

    [LoggerMessage(EventId = 9, Level = LogLevel.Warning, Message = "Another activation of the stream of generation {Generation} took over; this one ends")]
    private partial void LogSuperseded(StreamGeneration generation, Exception exception);

    [LoggerMessage(EventId = 10, Level = LogLevel.Debug, Message = "Shard {Shard} of the deleted stream of generation {Generation} could not be told")]
    private partial void LogDropFailed(ShardId shard, StreamGeneration generation, Exception exception);

    [LoggerMessage(EventId = 20, Level = LogLevel.Warning, Message = "The stream of generation {Generation} cannot follow its load now")]
    private partial void LogScalingDelayed(StreamGeneration generation, Exception exception);

    [LoggerMessage(EventId = 31, Level = LogLevel.Information, Message = "Stream {Name} is encrypted under {KeyId}, data key {Generation}")]
    private partial void LogEncrypted(string name, string keyId, uint generation);

    [LoggerMessage(EventId = 32, Level = LogLevel.Information, Message = "Stream {Name} is no longer encrypted; what was encrypted stays so")]
    private partial void LogDecrypted(string name);

    [LoggerMessage(EventId = 33, Level = LogLevel.Information, Message = "Stream {Name} under {KeyId} has a new data key, {Generation}")]
    private partial void LogRotated(string name, string keyId, uint generation);
}
