using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Encryption;

internal sealed partial class DataKeys
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Data key {Generation} of the stream of generation {Stream} goes on unconfirmed: the provider of {MasterKey} does not answer: {Why}")]
    private static partial void LogUnconfirmed(ILogger logger, uint generation, StreamGeneration stream, string masterKey, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Data key {Generation} of the stream of generation {Stream} may not be used: {Why}")]
    private static partial void LogRefused(ILogger logger, uint generation, StreamGeneration stream, string why);
}
