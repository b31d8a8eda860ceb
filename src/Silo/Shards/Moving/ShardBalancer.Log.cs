using Broker.Contracts.Shards;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Shards.Moving;

internal sealed partial class ShardBalancer
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Shard {Shard} moves from {From} to {To} by its load")]
    private partial void LogMove(ShardKey shard, SiloAddress from, SiloAddress to);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "Silo {Silo} does not tell its load, and is given nothing: {Reason}")]
    private partial void LogSilent(SiloAddress silo, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Shards cannot be balanced now; the next round tries again")]
    private partial void LogFailed(Exception exception);
}
