using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Shards;

internal sealed partial class Shard
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Shard {Shard} opened under epoch {Epoch} at position {Position}, {Producers} producers known")]
    private static partial void LogOpened(ILogger logger, ShardKey shard, long epoch, long position, int producers);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Shard {Shard} cannot be opened: {Reason}")]
    private static partial void LogOpenFailed(ILogger logger, ShardKey shard, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} LOST RECORDS: its log ends at position {Found}, epoch {Epoch}, but {Witness} was told {Known}, epoch {KnownEpoch}. It takes nothing until 'broker recover --accept-loss'; the other shards of this database lost records too")]
    private static partial void LogLost(ILogger logger, ShardKey shard, long found, long epoch, long known, long knownEpoch, string witness);

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} lost the records from position {Found} to {Known}, as was noted before. It takes nothing until 'broker recover --accept-loss'")]
    private static partial void LogStillLost(ILogger logger, ShardKey shard, long found, long known);

    [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard}: damage at block {Ordinal}; repeats of its batches may not be recognised")]
    private static partial void LogReplayDamaged(ILogger logger, ShardKey shard, long ordinal, Exception exception);
}
