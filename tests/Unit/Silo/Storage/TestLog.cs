using System.Collections.Immutable;
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
    private readonly Dictionary<ShardKey, ShardHead> heads = [];

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
        heads.Clear();
        Log = await EmbeddedLog.OpenAsync(
            Wrap(new FileDevice(Options.DataDirectory, Options.IoMode)), Options, TimeProvider.System, NullLogger.Instance, default);
    }

    public async Task ReopenAsync()
    {
        await Log.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>Appends one block, opening the shard first where that was not done.</summary>
    public async Task<AppendOutcome> AppendAsync(ShardKey shard, int payloadBytes = 100, long arrival = 1, BlockFlags flags = BlockFlags.None)
    {
        if (!heads.TryGetValue(shard, out var head))
        {
            head = await Log.OpenAsync(shard, default);
        }

        var payload = new byte[payloadBytes];
        payload.AsSpan().Fill((byte)head.NextOrdinal);
        var block = PayloadBuilder.MakeBlock(shard, payload, flags == BlockFlags.None ? 2 : 0, [], flags)
            .Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, Math.Max(arrival, head.LastArrivalUnixMilliseconds));
        var outcome = await Log.AppendAsync(new ShardAppend(shard, head.Epoch, head.NextOrdinal, ImmutableArray.Create(block)));
        if (outcome.IsCommitted)
        {
            heads[shard] = head with
            {
                NextOrdinal = head.NextOrdinal + 1,
                NextPosition = block.Head.EndPosition,
                LastArrivalUnixMilliseconds = block.Head.ArrivalUnixMilliseconds,
            };
        }
        else if (outcome.Status != AppendStatus.DiskFull)
        {
            heads.Remove(shard);
        }

        return outcome;
    }

    /// <summary>Appends blocks until a number of journal files exist.</summary>
    public async Task FillAsync(ShardKey shard, int files, long arrival = 1)
    {
        while (Files(".journal").Count() < files)
        {
            Assert.Equal(AppendStatus.Committed, (await AppendAsync(shard, 20_000, arrival)).Status);
        }
    }

    public async Task<List<long>> OrdinalsAsync(ShardKey shard, long from = 0)
    {
        List<long> ordinals = [];
        while (true)
        {
            var blocks = await Log.ReadBlocksAsync(shard, from, 100_000, default);
            if (blocks.Count == 0)
            {
                return ordinals;
            }

            ordinals.AddRange(blocks.Select(block => block.Head.Ordinal));
            from = ordinals[^1] + 1;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Log is not null)
        {
            await Log.DisposeAsync();
        }

        Directory.Delete(Options.DataDirectory, recursive: true);
    }
}
