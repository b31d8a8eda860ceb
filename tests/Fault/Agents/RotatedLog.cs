using System.Diagnostics;
using System.Text;

namespace Broker.Tests.Fault.Agents;

/// <summary>A log that is written to without end, whole lines at a time, and rotated by logrotate.</summary>
/// <remarks>
/// Where logrotate itself would lose lines (between the copy and the truncation, or written to a file that is being compressed), the writer
/// holds still meanwhile; otherwise it goes on writing to the rotated file until it opens the new one, as a program does that has to be told.
/// </remarks>
public sealed class RotatedLog : IDisposable
{
    public const string Logrotate = "/usr/sbin/logrotate";
    private readonly bool holdsStill;
    private readonly int linesPerSecond;
    private readonly Random random;
    private readonly Lock gate = new();
    private readonly CancellationTokenSource stop = new();
    private FileStream file;
    private Task writing = Task.CompletedTask;
    private long written;

    /// <param name="root">Where it makes its directory.</param>
    /// <param name="name">The directory's name.</param>
    /// <param name="directives">What logrotate is to do.</param>
    /// <param name="holdsStill">Whether the writer does while it is done.</param>
    /// <param name="linesPerSecond">About how many lines are written.</param>
    /// <param name="seed">Decides about pauses.</param>
    public RotatedLog(string root, string name, string directives, bool holdsStill, int linesPerSecond, int seed)
    {
        Name = name;
        this.holdsStill = holdsStill;
        this.linesPerSecond = linesPerSecond;
        random = new Random(seed);
        Directory = System.IO.Directory.CreateDirectory(System.IO.Path.Combine(root, name)).FullName;
        Path = System.IO.Path.Combine(Directory, "app.log");
        File.WriteAllText(ConfigPath, $"{Path} {{\n  rotate 1000\n  missingok\n  {directives.Replace(";", "\n  ", StringComparison.Ordinal)}\n}}\n");
        file = Open();
    }

    public string Name { get; }

    public string Directory { get; }

    public string Path { get; }

    /// <summary>Lines written so far.</summary>
    public long Written => Interlocked.Read(ref written);

    private string ConfigPath => System.IO.Path.Combine(Directory, "logrotate.conf");

    public void Start() => writing = Task.Run(WriteAsync);

    /// <summary>Ends the writing; every line is whole.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await writing;
    }

    /// <summary>Rotates the log once.</summary>
    public async Task RotateAsync()
    {
        if (holdsStill)
        {
            lock (gate)
            {
                Rotate();
                Reopen();
            }

            return;
        }

        Rotate();
        await Task.Delay(random.Next(0, 150));
        lock (gate)
        {
            Reopen();
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        writing.Wait();
        file.Dispose();
        stop.Dispose();
    }

    private void Rotate()
    {
        using var process = Process.Start(new ProcessStartInfo(Logrotate, ["--force", "--state", System.IO.Path.Combine(Directory, "logrotate.state"), ConfigPath])
        {
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"logrotate of {Name} ended with {process.ExitCode}: {error}");
        }
    }

    private void Reopen()
    {
        file.Dispose();
        file = Open();
    }

    private FileStream Open() => new(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                var text = new StringBuilder();
                lock (gate)
                {
                    for (var i = 0; i < Math.Max(1, linesPerSecond / 100); i++)
                    {
                        text.Append(LogLine.Of(written++));
                    }

                    file.Write(Encoding.ASCII.GetBytes(text.ToString()));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }
    }
}
