using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Broker.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;
using Record = Broker.V1.Record;

namespace Broker.Tests.Unit.Kcl.Consumer;

/// <summary>The broker's side of Consume calls on a real port, as the test says it line by line.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly WebApplication app;
    private readonly Channel<Call> calls = Channel.CreateUnbounded<Call>();

    private ScriptedBroker(WebApplication app) => this.app = app;

    public Uri Endpoint => new(app.Urls.First());

    public static async Task<ScriptedBroker> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        ScriptedBroker? broker = null;
        builder.Services.AddSingleton(_ => broker!);
        var app = builder.Build();
        app.MapGrpcService<Service>();
        broker = new ScriptedBroker(app);
        await app.StartAsync();
        return broker;
    }

    /// <summary>The sequence number of a shard's record.</summary>
    public static string Number(int record) => string.Create(CultureInfo.InvariantCulture, $"4955{record:D52}");

    public static Record NewRecord(int record) => new()
    {
        SequenceNumber = Number(record),
        PartitionKey = "k",
        Data = ByteString.CopyFromUtf8(record.ToString(CultureInfo.InvariantCulture)),
        ApproximateArrivalTimestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(record)),
    };

    /// <summary>The next call, joined.</summary>
    public async Task<Call> JoinedAsync(TimeSpan? failoverTime = null)
    {
        var call = await calls.Reader.ReadAsync().AsTask().WaitAsync(Patience);
        await call.SendAsync(new ConsumeResponse
        {
            Joined = new ConsumeJoined { WorkerId = call.Join.WorkerId, FailoverTime = Duration.FromTimeSpan(failoverTime ?? TimeSpan.FromMinutes(1)) },
        });
        return call;
    }

    public async ValueTask DisposeAsync()
    {
        calls.Writer.TryComplete();
        await app.DisposeAsync();
    }

    internal sealed class Call(ConsumeJoin join, IServerStreamWriter<ConsumeResponse> output)
    {
        private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Channel<ConsumeRequest> requests = Channel.CreateUnbounded<ConsumeRequest>();

        public ConsumeJoin Join => join;

        /// <summary>Complete when the worker said goodbye.</summary>
        public TaskCompletionSource Goodbye { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => ended.Task;

        public ChannelWriter<ConsumeRequest> Requests => requests.Writer;

        public Task SendAsync(ConsumeResponse message) => output.WriteAsync(message);

        public Task GrantAsync(ulong lease, int counter = 1, LeaseCheckpoint? checkpoint = null, int shard = 0) => SendAsync(new ConsumeResponse
        {
            LeaseGranted = new ConsumeLeaseGranted
            {
                LeaseId = lease,
                StreamName = "orders",
                ShardId = string.Create(CultureInfo.InvariantCulture, $"shardId-{shard:D12}"),
                LeaseCounter = counter,
                Checkpoint = checkpoint ?? new LeaseCheckpoint { Type = LeaseCheckpointType.TrimHorizon },
                ParentShards = { "shardId-000000000099" },
                HashKeyRange = new V1.HashKeyRange { StartingHashKey = "0", EndingHashKey = "340282366920938463463374607431768211455" },
            },
        });

        public Task PushAsync(ulong lease, params int[] records) => PushAsync(lease, [.. records.Select(NewRecord)]);

        public Task PushAsync(ulong lease, params Record[] records)
        {
            var message = new ConsumeRecords { LeaseId = lease, CreditBytes = 100 * records.Length, MillisBehindLatest = 17 };
            message.Records.AddRange(records);
            return SendAsync(new ConsumeResponse { Records = message });
        }

        /// <summary>The next thing that the worker says, reports and, unless they are asked for, credit left out.</summary>
        public async Task<ConsumeRequest> HearAsync(bool withCredit = false)
        {
            while (true)
            {
                var request = await requests.Reader.ReadAsync().AsTask().WaitAsync(Patience);
                if (request.Report is null && (withCredit || request.Credit is null))
                {
                    return request;
                }
            }
        }

        /// <summary>The next checkpoint, answered.</summary>
        public async Task<ConsumeCheckpoint> CheckpointAsync(string error = "")
        {
            var checkpoint = (await HearAsync()).Checkpoint;
            Assert.NotNull(checkpoint);
            await SendAsync(new ConsumeResponse
            {
                Checkpointed = new ConsumeCheckpointed { LeaseId = checkpoint.LeaseId, RequestId = checkpoint.RequestId, ErrorCode = error, ErrorMessage = error },
            });
            return checkpoint;
        }

        /// <summary>Ends the call without a goodbye.</summary>
        public void Break(StatusCode status = StatusCode.Unavailable) => ended.TrySetException(new RpcException(new Status(status, "broken")));

    }

    private sealed class Service(ScriptedBroker broker) : ApplicationService.ApplicationServiceBase
    {
        public override async Task Consume(
            IAsyncStreamReader<ConsumeRequest> requestStream, IServerStreamWriter<ConsumeResponse> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext();
            var call = new Call(requestStream.Current.Join, responseStream);
            broker.calls.Writer.TryWrite(call);
            var hearing = HearAsync(requestStream, call);
            await await Task.WhenAny(call.Ended, hearing);
        }

        private static async Task HearAsync(IAsyncStreamReader<ConsumeRequest> requests, Call call)
        {
            while (await requests.MoveNext())
            {
                call.Requests.TryWrite(requests.Current);
            }

            call.Goodbye.TrySetResult();
        }
    }
}
