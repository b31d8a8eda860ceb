using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Ends the process of a silo that the cluster has taken out: at once, since others have its shards already and only the store keeps them apart.</summary>
/// <remarks>Whoever runs the process starts it again, as a new member. Nothing that was acknowledged is in it alone.</remarks>
internal sealed partial class SuddenEnd(ILogger<SuddenEnd> logger) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        LogEnd(logger, context, exception?.Message);
        Console.Error.WriteLine($"broker: this silo cannot go on and ends: {context}");
        Console.Error.Flush();
        Process.GetCurrentProcess().Kill();
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Critical, Message = "This silo cannot go on and ends: {Context} {Reason}")]
    private static partial void LogEnd(ILogger logger, string? context, string? reason);
}
