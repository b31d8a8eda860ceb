using Microsoft.Extensions.Logging;

namespace Broker.Silo.Storage.Postgres.Log;

internal sealed partial class GroupCommitter
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "A commit of {Shards} shards came to {Status}: {Reason}")]
    private static partial void LogCommitFailed(ILogger logger, int shards, AppendStatus status, string reason);
}
