using Broker.Kcl.Consumer;
using Microsoft.Extensions.Logging;

namespace Broker.Tests.GroupWorker;

/// <summary>Writes down when the worker has joined, and prints what the consumer tells.</summary>
internal sealed class JoinLogger(WorkerLog log) : ILogger<BrokerConsumer>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        if (text.EndsWith("has joined", StringComparison.Ordinal))
        {
            log.Add("joined");
        }

        Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {text} {exception?.GetType().Name} {exception?.Message}");
    }
}
