using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Errors;

public sealed partial class BrokerErrorInterceptor
{
    [LoggerMessage(LogLevel.Warning, "{Method} could not be answered")]
    private partial void LogUnavailable(string method, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Method} failed, told to the client as {Correlation}")]
    private partial void LogInternal(string method, string correlation, Exception exception);
}
