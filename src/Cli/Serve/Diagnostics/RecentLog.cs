using System.Globalization;

namespace Broker.Cli.Serve.Diagnostics;

/// <summary>The newest lines of the process's log, in memory, for <c>broker debug bundle</c>. At most half a MiB. Thread-safe.</summary>
[ProviderAlias("Recent")]
internal sealed class RecentLog(TimeProvider clock) : ILoggerProvider
{
    private const int MostLines = 1_000;
    private const int MostCharacters = 500;

    private readonly Queue<string> lines = new(MostLines);
    private readonly Lock gate = new();

    /// <summary>The oldest first.</summary>
    public string[] Read()
    {
        lock (gate)
        {
            return [.. lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose()
    {
        // Nothing is held but lines.
    }

    private void Add(LogLevel level, string category, string message, Exception? exception)
    {
        var fault = exception is null ? "" : $" [{exception.GetType().Name}: {exception.Message}]";
        var line = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():O} {level} {category}: {message}{fault}").ReplaceLineEndings(" ");
        lock (gate)
        {
            if (lines.Count == MostLines)
            {
                lines.Dequeue();
            }

            lines.Enqueue(line.Length > MostCharacters ? line[..MostCharacters] : line);
        }
    }

    private sealed class Category(RecentLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            log.Add(logLevel, name, formatter(state, exception), exception);
    }
}
