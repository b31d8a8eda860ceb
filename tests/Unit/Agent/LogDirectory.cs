using System.IO.Compression;
using Broker.Agent.Checkpoints;
using Broker.Agent.Files;
using Broker.Agent.Tailing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Tests.Unit.Agent;

/// <summary>A directory of logs, a tailer of it, and a clock that goes only when it is told to, ahead of that of the files.</summary>
internal sealed class LogDirectory : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("broker-tail-").FullName;
    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly string pattern;
    private readonly TailOptions options;

    public LogDirectory(string pattern = "app.log", TailOptions? options = null)
    {
        this.pattern = pattern;
        this.options = options ?? new TailOptions { InitialPosition = InitialPosition.StartOfFile };
        Tailer = NewTailer();
    }

    public FlowTailer Tailer { get; private set; }

    public CollectingSink Sink { get; private set; } = new();

    /// <summary>What came, in one text.</summary>
    public string Text => string.Concat(Sink.Records);

    public string this[string name] => Path.Combine(root, name);

    public void Begin() => Tailer.Begin();

    public void Append(string name, string text) => File.AppendAllText(this[name], text);

    public void Move(string from, string to) => File.Move(this[from], this[to]);

    public void Truncate(string name)
    {
        using var file = new FileStream(this[name], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(0);
    }

    /// <summary>Compresses a file as logrotate does: a new file beside it, then the old one goes.</summary>
    public void Compress(string name)
    {
        var modified = File.GetLastWriteTimeUtc(this[name]);
        using (var to = new GZipStream(File.Create(this[name + ".gz"]), CompressionLevel.Fastest))
        using (var from = File.OpenRead(this[name]))
        {
            from.CopyTo(to);
        }

        File.SetLastWriteTimeUtc(this[name + ".gz"], modified);
        File.Delete(this[name]);
    }

    /// <summary>Reads all that is there now.</summary>
    public void Read()
    {
        // A little later each time: what is looked for is not looked for twice in a moment.
        do
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
        }
        while (Tailer.Read(Sink));
    }

    /// <summary>Reads on for a time.</summary>
    public void ReadFor(TimeSpan duration)
    {
        for (var passed = TimeSpan.Zero; passed < duration; passed += TimeSpan.FromMilliseconds(500))
        {
            time.Advance(TimeSpan.FromMilliseconds(500));
            Read();
        }
    }

    /// <summary>Another process begins where the checkpoints are; what came before is forgotten.</summary>
    public void Restart()
    {
        var checkpoint = Tailer.Checkpoint("flow");
        Tailer.Dispose();
        Tailer = NewTailer();
        Sink = new CollectingSink();
        Tailer.Restore(checkpoint);
    }

    public FlowCheckpoint Checkpoint() => Tailer.Checkpoint("flow");

    public void Dispose()
    {
        Tailer.Dispose();
        Directory.Delete(root, recursive: true);
    }

    private FlowTailer NewTailer() => new(FilePattern.ParseAll(Path.Combine(root, pattern)), options, time, NullLogger.Instance);
}
