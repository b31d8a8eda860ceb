using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Producer;

internal sealed partial class ShardMap
{
    [LoggerMessage(LogLevel.Debug, "The shards of {Stream} could not be listed, so its records are gathered by the shards known before: {Code}: {Reason}")]
    private static partial void LogNotListed(ILogger logger, string stream, string code, string reason);
}
