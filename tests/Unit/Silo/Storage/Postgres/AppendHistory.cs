using System.Buffers.Binary;
using System.Diagnostics;
using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Silo.Storage;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

/// <summary>What was appended to one shard, block by block with a number each, and what became of it as its writer knows.</summary>
internal sealed class AppendHistory(ShardKey shard)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<long> acknowledged = [];
    private readonly List<long> unknown = [];
    private long lastNumber;

    /// <summary>How often an outcome was unknown.</summary>
    public int Interruptions => unknown.Count;

    /// <summary>Opens the shard and appends one block after the other until the outcome of one is unknown.</summary>
    public async Task WriteUntilUncertainAsync(IShardLog log, Action onAcknowledged)
    {
        var head = await OpenAsync(log);
        while (true)
        {
            var number = ++lastNumber;
            var payload = new byte[2_000];
            BinaryPrimitives.WriteInt64LittleEndian(payload, number);
            var block = PayloadBuilder.MakeBlock(shard, payload, 1, []).Stamp(head.Epoch, head.NextOrdinal, head.NextPosition, 1);
            var outcome = await log.AppendAsync(new ShardAppend(shard, head.Epoch, head.NextOrdinal, [block]));
            if (!outcome.IsCommitted)
            {
                Assert.Equal(AppendStatus.Uncertain, outcome.Status);
                unknown.Add(number);
                return;
            }

            acknowledged.Add(number);
            head = LogWriter.After(head, block);
            onAcknowledged();
        }
    }

    /// <summary>Reads the shard from its beginning: all that was acknowledged is there, in order, once, and nothing that was not appended.</summary>
    public async Task CheckAsync(IShardLog log)
    {
        var head = await OpenAsync(log);
        List<long> read = [];
        while (read.Count < head.NextOrdinal)
        {
            read.AddRange((await log.ReadBlocksAsync(shard, read.Count, 1_000_000, default)).Select(NumberOf));
        }

        Assert.Equal(read.Order(), read);
        Assert.Equal(read.Distinct(), read);
        Assert.Empty(acknowledged.Except(read));
        Assert.Empty(read.Except(acknowledged).Except(unknown));
    }

    /// <summary>The server is there; a connection of the pool may not know yet that it ended, or where the primary is now.</summary>
    private async Task<ShardHead> OpenAsync(IShardLog log)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await log.OpenAsync(shard, default);
            }
            catch (StorageException) when (Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Yield();
            }
        }
    }

    private static long NumberOf(RecordBlock block) => BinaryPrimitives.ReadInt64LittleEndian(block.Payload.Span);
}
