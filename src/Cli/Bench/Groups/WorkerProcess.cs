using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Broker.Cli.Bench.Groups;

/// <summary>A worker process and what it has told. Times are those of <see cref="Stopwatch"/>, which the machine's processes share.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process process;
    private long records;
    private long processedAt;

    public WorkerProcess(string endpoint, string application, string stream, string id, double failoverSeconds)
    {
        Id = id;
        var executable = Environment.ProcessPath!;
        string[] arguments =
        [
            .. Path.GetFileNameWithoutExtension(executable) == "dotnet" ? new[] { Environment.GetCommandLineArgs()[0] } : [],
            "bench", "group-worker", application, stream, id, failoverSeconds.ToString(CultureInfo.InvariantCulture), "--endpoint", endpoint,
        ];
        StartedAt = Stopwatch.GetTimestamp();
        process = Process.Start(new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
    }

    public string Id { get; }

    public long StartedAt { get; }

    /// <summary>Records processed so far.</summary>
    public long Records => Volatile.Read(ref records);

    /// <summary>When the last of them was.</summary>
    public long ProcessedAt => Volatile.Read(ref processedAt);

    /// <summary>The shards that it was granted, and when, in order.</summary>
    public ConcurrentQueue<(string Shard, long Time)> Granted { get; } = new();

    /// <summary>Memory that it has in use, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public bool HasExited => process.HasExited;

    /// <summary>kill -9; tells when.</summary>
    public long Kill()
    {
        var time = Stopwatch.GetTimestamp();
        process.Kill();
        process.WaitForExit();
        return time;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private void Read(string? line)
    {
        if (line?.Split(' ') is not { Length: 3 } words)
        {
            return;
        }

        if (words[0] == "granted")
        {
            Granted.Enqueue((words[1], long.Parse(words[2], CultureInfo.InvariantCulture)));
        }
        else if (words[0] == "count")
        {
            Volatile.Write(ref processedAt, long.Parse(words[2], CultureInfo.InvariantCulture));
            Volatile.Write(ref records, long.Parse(words[1], CultureInfo.InvariantCulture));
        }
    }
}
