using Microsoft.Extensions.Logging;

namespace Broker.Kcl.Consumer;

public sealed partial class BrokerConsumer
{
    [LoggerMessage(1, LogLevel.Information, "Worker {Worker} of application {Application} has joined")]
    private static partial void LogJoined(ILogger logger, string worker, string application);

    [LoggerMessage(2, LogLevel.Warning, "Worker {Worker} of application {Application} lost its gateway and joins again: {Code}: {Reason}")]
    private static partial void LogDisconnected(ILogger logger, string worker, string application, string code, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Worker {Worker} of application {Application} stops while processors are not done: their time of {Timeout} is over")]
    private static partial void LogOverdue(ILogger logger, string worker, string application, TimeSpan timeout);
}
