using System.Runtime.InteropServices;

namespace Broker.Cli;

/// <summary>Turns SIGINT and SIGTERM into cancellation, so that a command can end its work and say so.</summary>
/// <remarks>A command with something to finish calls <see cref="SplitFirst"/>: then the first signal asks it to, the second ends it.</remarks>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource hard = new();
    private readonly CancellationTokenSource soft = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;
    private volatile bool split;

    public Interruption()
    {
        interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Cancelled when the command must end.</summary>
    public CancellationToken Token => hard.Token;

    /// <summary>From now on the first signal cancels the token returned, and only the second one <see cref="Token"/>.</summary>
    public CancellationToken SplitFirst()
    {
        split = true;
        return soft.Token;
    }

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        hard.Dispose();
        soft.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        var first = split && !soft.IsCancellationRequested;
        soft.Cancel();
        if (!first)
        {
            hard.Cancel();
        }
    }
}
