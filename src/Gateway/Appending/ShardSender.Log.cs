using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Appending;

internal sealed partial class ShardSender
{
    [LoggerMessage(LogLevel.Warning, "{Stream}/{Shard} did not answer an append, which is sent again under its identities: {Reason}")]
    private static partial void LogUnknownOutcome(ILogger logger, string stream, ShardId shard, string reason);
}
