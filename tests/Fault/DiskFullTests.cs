using System.Diagnostics;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>A data directory that really runs out of space: a small file system of its own, made larger later.</summary>
public sealed class DiskFullTests
{
    private const string Stream = "full";

    [RootFact]
    public async Task WritesAreRefusedReadsGoOnAndWritingResumesByItselfWhenSpaceReturns()
    {
        using var broker = new BrokerProcess("--limits", "unlimited", "--Broker:Log:FileBytes=8388608", "--Broker:Log:MaxFrameBytes=1048576");
        using var small = new SmallFileSystem(broker.DataDirectory, megabytes: 48);
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        var records = new RecordService.RecordServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 2 });
        await BrokerProcess.WaitUntilActiveAsync(streams, Stream);

        var ledger = new Ledger();
        var refused = await PutUntilRefusedAsync(records, ledger);
        var status = refused.GetRpcStatus()!;
        Assert.Equal("STORAGE_FULL", status.GetDetail<ErrorInfo>().Reason);
        Assert.NotNull(status.GetDetail<RetryInfo>());
        Assert.True(ledger.AcknowledgedCount > 100, $"only {ledger.AcknowledgedCount} records fitted");
        AssertSound(ledger, await Reading.AllAsync(records, streams, Stream));
        Assert.Equal("STORAGE_FULL", (await PutUntilRefusedAsync(records, ledger)).GetRpcStatus()!.GetDetail<ErrorInfo>().Reason);

        small.Resize(megabytes: 128);
        await UntilTakenAsync(records, ledger);
        AssertSound(ledger, await Reading.AllAsync(records, streams, Stream));

        await broker.KillAsync();
        await broker.StartAsync();
        using var again = broker.Connect();
        AssertSound(ledger, await Reading.AllAsync(new RecordService.RecordServiceClient(again), new StreamService.StreamServiceClient(again), Stream));
        await broker.KillAsync();
    }

    private static async Task<RpcException> PutUntilRefusedAsync(RecordService.RecordServiceClient records, Ledger ledger)
    {
        for (var i = 0; i < 10_000; i++)
        {
            try
            {
                await PutAsync(records, ledger);
            }
            catch (RpcException exception)
            {
                return exception;
            }
        }

        throw new InvalidOperationException("The disk did not fill up.");
    }

    private static async Task UntilTakenAsync(RecordService.RecordServiceClient records, Ledger ledger)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await PutAsync(records, ledger);
                return;
            }
            catch (RpcException) when (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(100);
            }
        }
    }

    private static async Task PutAsync(RecordService.RecordServiceClient records, Ledger ledger)
    {
        var (id, data) = ledger.Next("w", "k", 100_000);
        var answer = await records.PutRecordAsync(new PutRecordRequest { StreamName = Stream, PartitionKey = "k", Data = UnsafeByteOperations.UnsafeWrap(data) });
        ledger.Acknowledge(id, answer.ShardId, answer.SequenceNumber);
    }

    private static void AssertSound(Ledger ledger, List<ReadRecord> read)
    {
        var faults = ledger.Check(read, new HashSet<string> { "w" });
        Assert.True(faults.Count == 0, string.Join('\n', faults.Take(10)));
        Assert.Equal(ledger.AcknowledgedCount, read.Count);
    }
}
