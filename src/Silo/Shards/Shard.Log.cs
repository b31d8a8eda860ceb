using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Shards;

internal sealed partial class Shard
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Shard {Shard} opened under epoch {Epoch} at position {Position}, {Producers} producers known")]
    private static partial void LogOpened(ILogger logger, ShardKey shard, long epoch, long position, int producers);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Shard {Shard} cannot be opened: {Reason}")]
    private static partial void LogOpenFailed(ILogger logger, ShardKey shard, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard}: damage at block {Ordinal}; repeats of its batches may not be recognised")]
    private static partial void LogReplayDamaged(ILogger logger, ShardKey shard, long ordinal, Exception exception);
}
