using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Postgres.Log;

internal sealed partial class ShardOpener
{
    [LoggerMessage(
        EventId = 1, Level = LogLevel.Warning,
        Message = "Opening {Shard} ended {Connections} connections that held its head for more than {Timeout}")]
    private static partial void LogEnded(ILogger logger, ShardKey shard, long connections, TimeSpan timeout);
}
