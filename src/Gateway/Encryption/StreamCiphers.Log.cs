using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Encryption;

public sealed partial class StreamCiphers
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Data key {Generation} of {Stream} is due to be replaced, which failed: {Why}")]
    private static partial void LogNotRotated(ILogger logger, uint generation, string stream, string why);
}
