using System.Diagnostics;
using System.Text;

namespace Broker.Cli.MultiLang;

/// <summary>A processor's process: it is told a line, and answers in lines. What it writes to its standard error goes to the daemon's.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>How long it may live on when its standard input has ended.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>Whether there is such a program, at its path or in the directories of PATH.</summary>
    public static bool IsFound(string program) => program.Contains('/', StringComparison.Ordinal)
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <param name="command">Executable and arguments.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static ChildProcess Start(IReadOnlyList<string> command) => new(Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        StandardOutputEncoding = Encoding.UTF8,
        UseShellExecute = false,
    })!);

    /// <exception cref="IOException">It reads no more.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        await process.StandardInput.BaseStream.WriteAsync(message, cancellation);
        await process.StandardInput.BaseStream.FlushAsync(cancellation);
    }

    /// <summary>The next message, whatever else it prints; null when it has ended.</summary>
    public async Task<ChildMessage?> ReadAsync(CancellationToken cancellation)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (ChildMessage.Parse(line) is { } message)
            {
                return message;
            }

            if (line.Length > 0)
            {
                await Console.Error.WriteLineAsync($"broker: process {Id} printed what is no message: {line}");
            }
        }

        return null;
    }

    /// <summary>Ends its standard input and waits for its end; one that lives on is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone.
        }

        using var patience = new CancellationTokenSource(LastWords);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is not null)
            {
                // Else it might wait for somebody to read.
            }

            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    public void Kill() => process.Kill(entireProcessTree: true);
}
