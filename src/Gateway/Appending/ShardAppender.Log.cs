using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Appending;

internal sealed partial class ShardAppender
{
    [LoggerMessage(LogLevel.Error, "The appender of {Stream}/{Shard} failed; its portions are refused as uncertain")]
    private static partial void LogBroken(ILogger logger, string stream, ShardId shard, Exception exception);
}
