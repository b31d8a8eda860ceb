using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Auth.Keys;

public sealed partial class AccessKeys
{
    [LoggerMessage(LogLevel.Warning, "The access keys cannot be read; those read before stay in force. {Faults}")]
    private partial void LogFaulty(string faults);

    [LoggerMessage(LogLevel.Information, "The access keys can be read again: {Count}.")]
    private partial void LogGood(int count);
}
