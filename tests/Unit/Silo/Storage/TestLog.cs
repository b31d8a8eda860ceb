using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Embedded.Devices;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage;

/// <summary>A log in a directory of its own, which is removed in the end, and a writer for its shards.</summary>
internal sealed class TestLog : IAsyncDisposable
{
    private LogWriter writer = null!;

    public TestLog(JournalIoMode mode = JournalIoMode.Auto) => Options = new EmbeddedLogOptions
    {
        DataDirectory = Path.Combine(Path.GetTempPath(), $"broker-log-{Guid.NewGuid():N}"),
        IoMode = mode,
        FileBytes = 256 * 1024,
        MaxFrameBytes = 64 * 1024,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    public EmbeddedLogOptions Options { get; }

    public EmbeddedLog Log { get; private set; } = null!;

    /// <summary>Wraps the device, to plant faults.</summary>
    public Func<IDevice, IDevice> Wrap { get; set; } = device => device;

    public static ShardKey Key(int shard, long stream = 1) => new(new StreamGeneration(stream), new ShardId(shard));

    public IEnumerable<string> Files(string suffix) => Directory.EnumerateFiles(Options.DataDirectory, "*" + suffix).Order(StringComparer.Ordinal);

    public async Task OpenAsync()
    {
        Log = await EmbeddedLog.OpenAsync(
            Wrap(new FileDevice(Options.DataDirectory, Options.IoMode)), Options, TimeProvider.System, NullLogger.Instance, default);
        writer = new LogWriter(Log);
    }

    public async Task ReopenAsync()
    {
        await Log.DisposeAsync();
        await OpenAsync();
    }

    /// <inheritdoc cref="LogWriter.AppendAsync"/>
    public Task<AppendOutcome> AppendAsync(ShardKey shard, int payloadBytes = 100, long arrival = 1, BlockFlags flags = BlockFlags.None) =>
        writer.AppendAsync(shard, payloadBytes, arrival, flags);

    /// <summary>Appends blocks until a number of journal files exist.</summary>
    public async Task FillAsync(ShardKey shard, int files, long arrival = 1)
    {
        while (Files(".journal").Count() < files)
        {
            Assert.Equal(AppendStatus.Committed, (await AppendAsync(shard, 20_000, arrival)).Status);
        }
    }

    public Task<List<long>> OrdinalsAsync(ShardKey shard, long from = 0) => writer.OrdinalsAsync(shard, from);

    public async ValueTask DisposeAsync()
    {
        if (Log is not null)
        {
            await Log.DisposeAsync();
        }

        Directory.Delete(Options.DataDirectory, recursive: true);
    }
}
