using System.Diagnostics;
using System.Globalization;
using Broker.Tests.Harness;

namespace Broker.Tests.Groups.Faults;

/// <summary>Worker processes of an application, each with a log that outlives it.</summary>
internal sealed class Workers(string endpoints, string application, int failoverSeconds) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workers-").FullName;
    private readonly List<(ServerProcess Process, string Log)> all = [];
    private readonly Dictionary<int, long> started = [];

    public int Count => all.Count;

    public string Output => string.Join("\n---\n", all.Select(worker => worker.Process.Output));

    /// <summary>Starts one more; a number that was killed goes on in the same log.</summary>
    public void Start(int? number = null)
    {
        if (number is null)
        {
            all.Add((new ServerProcess(), Path.Combine(folder, $"w{all.Count}")));
        }

        var (process, log) = all[number ?? ^1];
        started[number ?? (all.Count - 1)] = Stopwatch.GetTimestamp();
        process.Start(
            [Programs.GroupWorker, endpoints, application, GroupBroker.Stream, log, failoverSeconds.ToString(CultureInfo.InvariantCulture)],
            folder,
            new Dictionary<string, string>());
    }

    /// <summary>Those that were started last have joined too: before that nobody minds a signal.</summary>
    public bool HaveJoined => started.All(one => Read(one.Key).Any(line => line.Kind == "joined" && line.Time > one.Value));

    public Task KillAsync(int number) => all[number].Process.KillAsync();

    public Task SignalAsync(int number, string signal) => all[number].Process.SignalAsync(signal);

    public async Task<int[]> TerminateAsync() => await Task.WhenAll(all.Select(worker => worker.Process.TerminateAsync(Eventually.Patience)));

    /// <summary>All that was written so far. A kill may cut a line off.</summary>
    public List<WorkerEvent> Read() => [.. Enumerable.Range(0, all.Count).SelectMany(Read)];

    /// <summary>What one worker wrote.</summary>
    public IEnumerable<WorkerEvent> Read(int number)
    {
        using var file = new FileStream(all[number].Log, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => WorkerEvent.Parse($"w{number}", line)).ToList();
    }

    /// <summary>The shards that a worker has now, by its log.</summary>
    public HashSet<string> Shards(int number)
    {
        var shards = new HashSet<string>();
        foreach (var one in Read(number))
        {
            switch (one.Kind)
            {
                case "granted":
                    shards.Add(one.Shard);
                    break;
                case "lost" or "ended" or "shutdown":
                    shards.Remove(one.Shard);
                    break;
            }
        }

        return shards;
    }

    public static TimeSpan Between(long from, long to) => Stopwatch.GetElapsedTime(from, to);

    public void Dispose()
    {
        all.ForEach(worker => worker.Process.Dispose());
        Directory.Delete(folder, recursive: true);
    }
}
