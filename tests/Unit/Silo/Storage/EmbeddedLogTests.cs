using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage;

public sealed class EmbeddedLogTests
{
    [Theory]
    [InlineData(JournalIoMode.Auto)]
    [InlineData(JournalIoMode.Buffered)]
    public async Task What_is_committed_is_read_before_and_after_reopening(JournalIoMode mode)
    {
        await using var test = new TestLog(mode);
        await test.OpenAsync();
        await test.FillAsync(TestLog.Key(0), 3);
        await test.AppendAsync(TestLog.Key(1));
        var before = await test.OrdinalsAsync(TestLog.Key(0));
        Assert.Equal(Enumerable.Range(0, before.Count).Select(ordinal => (long)ordinal), before);

        var epoch = (await test.Log.OpenAsync(TestLog.Key(0), default)).Epoch;
        await test.ReopenAsync();
        Assert.Equal(2, test.Files(".index").Count());
        Assert.Equal(before, await test.OrdinalsAsync(TestLog.Key(0)));
        var head = await test.Log.OpenAsync(TestLog.Key(0), default);
        Assert.Equal((before.Count, before.Count * 2), (head.NextOrdinal, head.NextPosition));
        Assert.True(head.Epoch > epoch);
        Assert.Equal(AppendStatus.Committed, (await test.AppendAsync(TestLog.Key(1))).Status);
        Assert.Equal(3, test.Files(".journal").Count());
        Assert.Equal(2, (await test.Log.ReadAsync(TestLog.Key(1), 0, 1, default)).Count + (await test.Log.ReadAsync(TestLog.Key(1), 2, 1, default)).Count);
        Assert.Empty(await test.Log.ReadAsync(TestLog.Key(1), 4, 1, default));
    }

    [Fact]
    public async Task A_second_process_is_refused()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        var second = new TestLog();
        second.Options.DataDirectory = test.Options.DataDirectory;
        var exception = await Assert.ThrowsAsync<StorageException>(second.OpenAsync);
        Assert.Equal(StorageFault.Locked, exception.Fault);
    }

    [Fact]
    public async Task A_failed_write_is_uncertain_and_the_shard_goes_on_after_opening()
    {
        FaultyDevice device = null!;
        await using var test = new TestLog { Wrap = inner => device = new FaultyDevice(inner) };
        await test.OpenAsync();
        await test.AppendAsync(TestLog.Key(0));
        device.FailsNextWrite = true;
        Assert.Equal(AppendStatus.Uncertain, (await test.AppendAsync(TestLog.Key(0))).Status);
        Assert.Equal(1, (await test.Log.OpenAsync(TestLog.Key(0), default)).NextOrdinal);
        Assert.Equal(2, test.Files(".journal").Count());
        Assert.True((await test.AppendAsync(TestLog.Key(0))).IsCommitted);
        await test.ReopenAsync();
        Assert.Equal([0, 1], await test.OrdinalsAsync(TestLog.Key(0)));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_mends()
    {
        FaultyDevice device = null!;
        await using var test = new TestLog { Wrap = inner => device = new FaultyDevice(inner) };
        await test.OpenAsync();
        await test.AppendAsync(TestLog.Key(0));
        device.IsFull = true;
        AppendOutcome outcome;
        while ((outcome = await test.AppendAsync(TestLog.Key(0), 20_000)).IsCommitted)
        {
        }

        Assert.Equal(AppendStatus.DiskFull, outcome.Status);
        Assert.NotEmpty(await test.OrdinalsAsync(TestLog.Key(0)));
        device.IsFull = false;
        while (!(await test.AppendAsync(TestLog.Key(0), 20_000)).IsCommitted)
        {
            await Task.Yield();
        }

        var ordinals = await test.OrdinalsAsync(TestLog.Key(0));
        Assert.Equal(Enumerable.Range(0, ordinals.Count).Select(ordinal => (long)ordinal), ordinals);
    }

    [Fact]
    public async Task A_damaged_block_is_reported_and_its_neighbours_are_served()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        await test.FillAsync(TestLog.Key(0), 2);
        var count = (await test.OrdinalsAsync(TestLog.Key(0))).Count;
        await test.Log.DisposeAsync();
        Damage(test.Files(".journal").First(), 50_000);

        // With the index, and without it.
        for (var round = 0; round < 2; round++)
        {
            await test.OpenAsync();
            var first = await test.Log.ReadBlocksAsync(TestLog.Key(0), 0, int.MaxValue, default);
            var damaged = first[^1].Head.Ordinal + 1;
            Assert.InRange(damaged, 1, count - 2);
            var exception = await Assert.ThrowsAsync<StorageException>(async () => await test.Log.ReadBlocksAsync(TestLog.Key(0), damaged, int.MaxValue, default));
            Assert.Equal(StorageFault.Corrupt, exception.Fault);
            Assert.Contains(".journal", exception.Message, StringComparison.Ordinal);
            Assert.Equal(count - damaged - 1, (await test.OrdinalsAsync(TestLog.Key(0), damaged + 1)).Count);
            await test.Log.DisposeAsync();
            test.Files(".index").ToList().ForEach(File.Delete);
        }

        await test.OpenAsync();
    }

    [Fact]
    public async Task A_torn_end_is_cut()
    {
        await using var test = new TestLog();
        test.Options.MarkDelay = TimeSpan.FromMinutes(1);
        await test.OpenAsync();
        await test.AppendAsync(TestLog.Key(0), 10_000);
        await test.AppendAsync(TestLog.Key(0), 10_000);
        await test.Log.DisposeAsync();

        // The second frame loses its middle; the mark after it goes too.
        var journal = test.Files(".journal").Single();
        Damage(journal, 4096 + 12_288 + 5_000);
        Damage(journal, 4096 + (2 * 12_288) + 10);
        await test.OpenAsync();
        Assert.Equal([0], await test.OrdinalsAsync(TestLog.Key(0)));
        Assert.True((await test.AppendAsync(TestLog.Key(0))).IsCommitted);
        await test.ReopenAsync();
        Assert.Equal([0, 1], await test.OrdinalsAsync(TestLog.Key(0)));
    }

    [Fact]
    public async Task A_damaged_index_is_built_anew()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        await test.FillAsync(TestLog.Key(0), 2);
        var before = await test.OrdinalsAsync(TestLog.Key(0));
        await test.Log.DisposeAsync();
        Damage(test.Files(".index").Single(), 70);
        await test.OpenAsync();
        Assert.Equal(before, await test.OrdinalsAsync(TestLog.Key(0)));
    }

    [Fact]
    public async Task A_shard_whose_records_all_expired_goes_on_from_its_place()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        await test.AppendAsync(TestLog.Key(0), 1_000, arrival: 5);
        await test.AppendAsync(TestLog.Key(1), 1_000, arrival: 5);
        await test.AppendAsync(TestLog.Key(1), 500, arrival: 6, BlockFlags.ProducerSnapshot);
        await test.FillAsync(TestLog.Key(2), 3, arrival: 10);
        var report = await test.Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 1_000 }, default);
        Assert.Equal((1, 1), (report.FilesDropped, report.FilesRewritten));
        Assert.True(report.BytesFreed > 2 * report.BytesMoved);
        for (var round = 0; round < 2; round++)
        {
            Assert.Empty(await test.Log.ReadAsync(TestLog.Key(0), 0, 1000, default));
            Assert.Equal([1], await test.OrdinalsAsync(TestLog.Key(1)));
            var first = await test.Log.OpenAsync(TestLog.Key(0), default);
            Assert.Equal((1, 2, 5), (first.NextOrdinal, first.NextPosition, first.LastArrivalUnixMilliseconds));
            Assert.Equal(1, (await test.Log.OpenAsync(TestLog.Key(1), default)).StateOrdinal);
            await test.ReopenAsync();
        }

        Assert.True((await test.AppendAsync(TestLog.Key(0), arrival: 7)).IsCommitted);
        Assert.Equal([1], await test.OrdinalsAsync(TestLog.Key(0)));
    }

    [Fact]
    public async Task The_living_rest_of_old_files_is_moved_into_one()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        for (var files = 2; files <= 4; files++)
        {
            await test.AppendAsync(TestLog.Key(0, stream: 2), 300, arrival: 5);
            await test.FillAsync(TestLog.Key(0), files, arrival: 5);
        }

        var kept = await test.OrdinalsAsync(TestLog.Key(0, stream: 2));
        var report = await test.Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 1_000 }, default);
        Assert.Equal((0, 3), (report.FilesDropped, report.FilesRewritten));
        Assert.Equal(2, test.Files(".journal").Count());
        Assert.Equal(kept, await test.OrdinalsAsync(TestLog.Key(0, stream: 2)));
        await test.Log.DisposeAsync();
        test.Files(".index").ToList().ForEach(File.Delete);
        await test.OpenAsync();
        Assert.Equal(kept, await test.OrdinalsAsync(TestLog.Key(0, stream: 2)));
        Assert.Equal(default, await test.Log.ExpireAsync(new Dictionary<StreamGeneration, long> { [new(1)] = 1_000 }, default));
    }

    [Fact]
    public async Task A_deleted_stream_stays_deleted()
    {
        await using var test = new TestLog();
        await test.OpenAsync();
        await test.FillAsync(TestLog.Key(0), 2);
        await test.AppendAsync(TestLog.Key(0, stream: 2));
        await test.Log.DeleteStreamAsync(new StreamGeneration(1), default);
        await test.Log.DeleteStreamAsync(new StreamGeneration(1), default);
        Assert.Equal(AppendStatus.Fenced, (await test.AppendAsync(TestLog.Key(0))).Status);
        await test.ReopenAsync();
        Assert.Empty(await test.OrdinalsAsync(TestLog.Key(0)));
        Assert.Null(await test.Log.FindAsync(TestLog.Key(0), 0, default));
        Assert.Equal(1, (await test.Log.ExpireAsync(new Dictionary<StreamGeneration, long>(), default)).FilesDropped);
        Assert.Equal([0], await test.OrdinalsAsync(TestLog.Key(0, stream: 2)));
    }

    private static void Damage(string path, long offset)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }
}
