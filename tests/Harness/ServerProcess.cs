using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Broker.Tests.Harness;

/// <summary>A process of the real executable, and what it prints. Signals go to it alone; it is killed on disposal.</summary>
public sealed class ServerProcess : IDisposable
{
    /// <summary>Characters of output that are kept, the newest.</summary>
    private const int MostOutput = 256 * 1024;

    private readonly StringBuilder output = new();
    private Process? process;

    /// <summary>What the processes have printed so far, for the message of a failed test.</summary>
    public string Output
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    public bool IsRunning => process is { HasExited: false };

    public int ProcessId => process!.Id;

    /// <summary>Starts a process whose signals, end and exit code are this object's.</summary>
    /// <param name="command">The executable, and its arguments.</param>
    /// <param name="directory">Its working directory.</param>
    /// <param name="variables">Environment variables beside this process's own.</param>
    public void Start(IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string> variables)
    {
        process?.Dispose();
        process = Launch(command, directory, variables);
    }

    /// <summary>Starts a process that only shares the output; the caller waits for its end.</summary>
    public Process Launch(IReadOnlyList<string> command, string directory, IReadOnlyDictionary<string, string> variables)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var launched = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        launched.OutputDataReceived += Keep;
        launched.ErrorDataReceived += Keep;
        launched.BeginOutputReadLine();
        launched.BeginErrorReadLine();
        return launched;
    }

    /// <summary>Waits until its health is answered with 200.</summary>
    public async Task<TimeSpan> ReadyAsync(string endpoint, TimeSpan within)
    {
        var started = Stopwatch.GetTimestamp();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        while (true)
        {
            if (process!.HasExited)
            {
                throw new InvalidOperationException($"broker serve ended with {process.ExitCode} before it served:\n{Output}");
            }

            try
            {
                using var answer = await http.GetAsync(new Uri($"{endpoint}/healthz"));
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return Stopwatch.GetElapsedTime(started);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
            }

            if (Stopwatch.GetElapsedTime(started) > within)
            {
                throw new TimeoutException($"broker serve did not serve within {within.TotalSeconds} s:\n{Output}");
            }

            await Task.Delay(20);
        }
    }

    /// <summary>SIGKILL: nothing of the process runs any more.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code that it ends with.</summary>
    public async Task<int> TerminateAsync(TimeSpan within)
    {
        await SignalAsync("TERM");
        using var timeout = new CancellationTokenSource(within);
        await process!.WaitForExitAsync(timeout.Token);
        return process.ExitCode;
    }

    /// <summary>Sends a signal by its name, without SIG.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            process.Kill();
            process.WaitForExit();
        }

        process?.Dispose();
        process = null;
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output)
        {
            output.AppendLine(line.Data);
            if (output.Length > MostOutput)
            {
                output.Remove(0, output.Length - (MostOutput / 2));
            }
        }
    }
}
