using System.Collections.Concurrent;
using Broker.V1;
using Grpc.Core;

namespace Broker.Tests.Api;

/// <summary>A worker of an application, as a client would write it: keeps what it is given, checkpoints it, hands over what is asked for.</summary>
public sealed class GroupWorker : IDisposable
{
    private readonly AsyncDuplexStreamingCall<ConsumeRequest, ConsumeResponse> call;
    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource silence = new();
    private readonly bool checkpoints;
    private ulong requests;

    private GroupWorker(ApplicationService.ApplicationServiceClient client, bool checkpoints)
    {
        this.checkpoints = checkpoints;
        call = client.Consume();
    }

    public string Id { get; private set; } = "";

    /// <summary>What the shards brought, in order.</summary>
    public ConcurrentQueue<(string Shard, string Text, string Number)> Records { get; } = new();

    /// <summary>Leases that it has.</summary>
    public ConcurrentDictionary<ulong, ConsumeLeaseGranted> Leases { get; } = new();

    /// <summary>All that it ever was granted, in order.</summary>
    public ConcurrentQueue<ConsumeLeaseGranted> Granted { get; } = new();

    public ConcurrentQueue<ConsumeCheckpointed> Answers { get; } = new();

    public ConcurrentQueue<ulong> Lost { get; } = new();

    public ConcurrentQueue<ulong> AskedFor { get; } = new();

    public ConcurrentQueue<ulong> Ended { get; } = new();

    /// <summary>Ends as the call does.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public IEnumerable<string> Shards => Leases.Values.Select(lease => lease.ShardId).Order(StringComparer.Ordinal);

    /// <summary>Joins and works.</summary>
    /// <param name="client">The broker.</param>
    /// <param name="join">What to join.</param>
    /// <param name="checkpoints">Checkpoints what comes, the ends of shards too, and releases what is asked for.</param>
    public static async Task<GroupWorker> JoinAsync(ApplicationService.ApplicationServiceClient client, ConsumeJoin join, bool checkpoints = true)
    {
        var worker = new GroupWorker(client, checkpoints);
        await worker.call.RequestStream.WriteAsync(new ConsumeRequest { Join = join });
        Xunit.Assert.True(await worker.call.ResponseStream.MoveNext(CancellationToken.None));
        worker.Id = worker.call.ResponseStream.Current.Joined.WorkerId;
        worker.Running = worker.RunAsync();
        _ = worker.ReportAsync();
        return worker;
    }

    public async Task SendAsync(ConsumeRequest request)
    {
        await turn.WaitAsync();
        try
        {
            await call.RequestStream.WriteAsync(request);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Checkpoints and waits for the answer.</summary>
    public async Task<ConsumeCheckpointed> CheckpointAsync(ConsumeCheckpoint checkpoint)
    {
        checkpoint.RequestId = 1_000_000 + Interlocked.Increment(ref requests);
        await SendAsync(new ConsumeRequest { Checkpoint = checkpoint });
        await Eventually.HoldsAsync(() => Answers.Any(answer => answer.RequestId == checkpoint.RequestId), "the checkpoint is answered");
        return Answers.Single(answer => answer.RequestId == checkpoint.RequestId);
    }

    public async Task GoodbyeAsync()
    {
        await silence.CancelAsync();
        await turn.WaitAsync();
        try
        {
            await call.RequestStream.CompleteAsync();
        }
        finally
        {
            turn.Release();
        }

        await Running;
    }

    /// <summary>Says no word more, and reads none: what a worker does that was stopped.</summary>
    public Task FallSilentAsync() => silence.CancelAsync();

    /// <summary>The call breaks without a goodbye.</summary>
    public void Dispose()
    {
        silence.Cancel();
        call.Dispose();
    }

    private async Task RunAsync()
    {
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            await HandleAsync(call.ResponseStream.Current);
        }
    }

    private async Task HandleAsync(ConsumeResponse response)
    {
        switch (response.MessageCase)
        {
            case ConsumeResponse.MessageOneofCase.LeaseGranted:
                Leases[response.LeaseGranted.LeaseId] = response.LeaseGranted;
                Granted.Enqueue(response.LeaseGranted);
                break;
            case ConsumeResponse.MessageOneofCase.Records:
                await RecordsAsync(response.Records);
                break;
            case ConsumeResponse.MessageOneofCase.ShardEnded:
                Ended.Enqueue(response.ShardEnded.LeaseId);
                if (checkpoints)
                {
                    Leases.TryRemove(response.ShardEnded.LeaseId, out _);
                    await SendAsync(new ConsumeRequest { Checkpoint = new ConsumeCheckpoint { LeaseId = response.ShardEnded.LeaseId, ShardEnd = true } });
                }

                break;
            case ConsumeResponse.MessageOneofCase.HandOver:
                AskedFor.Enqueue(response.HandOver.LeaseId);
                if (checkpoints)
                {
                    Leases.TryRemove(response.HandOver.LeaseId, out _);
                    await SendAsync(new ConsumeRequest { Release = new ConsumeRelease { LeaseId = response.HandOver.LeaseId } });
                }

                break;
            case ConsumeResponse.MessageOneofCase.LeaseLost:
                Leases.TryRemove(response.LeaseLost.LeaseId, out _);
                Lost.Enqueue(response.LeaseLost.LeaseId);
                break;
            case ConsumeResponse.MessageOneofCase.Checkpointed:
                Answers.Enqueue(response.Checkpointed);
                break;
        }
    }

    private async Task RecordsAsync(ConsumeRecords records)
    {
        if (records.Records.Count == 0 || !Leases.TryGetValue(records.LeaseId, out var lease))
        {
            return;
        }

        foreach (var record in records.Records)
        {
            Records.Enqueue((lease.ShardId, record.Data.ToStringUtf8(), record.SequenceNumber));
        }

        if (checkpoints)
        {
            await SendAsync(new ConsumeRequest
            {
                Checkpoint = new ConsumeCheckpoint { LeaseId = records.LeaseId, SequenceNumber = records.Records[^1].SequenceNumber },
            });
            await SendAsync(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = records.CreditBytes } });
        }
    }

    private async Task ReportAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(400));
            while (await timer.WaitForNextTickAsync(silence.Token))
            {
                await SendAsync(new ConsumeRequest { Report = new ConsumeReport { CpuPercent = 10 } });
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or InvalidOperationException or ObjectDisposedException)
        {
            // The call is over: Running tells how it ended.
        }
    }
}
