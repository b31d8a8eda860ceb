using System.Diagnostics;
using System.Net;
using Broker.Cli.Client;
using Broker.Cli.Verify;
using Broker.Kcl.Connection;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Cluster;
using Broker.Tests.Harness.Wire;
using Broker.V1;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>
/// Producers and consumers on all gateways of a cluster, over gRPC and the AWS wire, and the ledger of what they did.
/// </summary>
/// <remarks>
/// Lanes are producers of one key each with one batch in flight, which show how long their key's shard takes nothing, and whose order
/// nothing excuses. The others put many keys, pipelined or as AWS's SDKs do.
/// </remarks>
internal sealed class Workload : IAsyncDisposable
{
    public const string Stream = "chaos";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly WireProtocol[] Protocols = [WireProtocol.Json, WireProtocol.AwsCbor];

    private readonly string run = Guid.NewGuid().ToString("N")[..12];
    private readonly BrokerEndpoint endpoint;
    private readonly WorkloadSize size;
    private readonly List<BrokerConnection> connections = [];
    private readonly List<ProducerSession> sessions = [];
    private readonly List<AwsCaller> gateways;
    private readonly CancellationTokenSource stopPutting = new();
    private readonly CancellationTokenSource stopReading = new();
    private readonly List<AwsProducer> awsProducers = [];
    private Task[] putting = [];
    private Task[] reading = [];
    private long interruptions;

    /// <param name="cluster">Its gateways, those of nodes that do not run among them.</param>
    /// <param name="size">How much.</param>
    /// <param name="seed">Draws sizes and keys.</param>
    /// <param name="balancer">Where the AWS clients connect, which know one endpoint; null for each gateway in turn.</param>
    public Workload(ClusterProcesses cluster, WorkloadSize size, int seed, Uri? balancer = null)
    {
        this.size = size;
        var addresses = cluster.Nodes.Where(node => node.IsGateway).Select(node => new Uri(node.Endpoint)).ToArray();
        endpoint = new BrokerEndpoint(addresses[0]) { Others = addresses[1..] };
        gateways = [.. (balancer is null ? addresses : [balancer]).Select(address => new AwsCaller(address.ToString(), HttpVersion.Version11))];
        Times = new AckTimes(size.Lanes, TimeProvider.System);
        Ledger = new VerifyLedger(["poll", "push", "aws"], TimeProvider.System)
        {
            OnAcknowledged = (record, waited) =>
            {
                if (record.Producer < size.Lanes)
                {
                    Times.Note(record.Producer);
                    Latencies.Note(waited);
                }
            },
        };
        Control = Connect();
        Resharding = new Resharding(Control, Stream, seed);
        for (var i = 0; i < size.AwsProducers; i++)
        {
            awsProducers.Add(new AwsProducer(size.Lanes + size.Pipelined + i, run, Stream, Protocols[i % 2], gateways, Ledger, seed + i) { MostAttempts = size.AwsAttempts });
        }
    }

    public VerifyLedger Ledger { get; }

    /// <summary>When each lane was acknowledged.</summary>
    public AckTimes Times { get; }

    /// <summary>How long the lanes' batches took.</summary>
    public LatencyLog Latencies { get; } = new(TimeProvider.System);

    public Resharding Resharding { get; }

    /// <summary>Connections that were lost, by producers and readers, and found again.</summary>
    public long Interruptions => Interlocked.Read(ref interruptions);

    public BrokerConnection Control { get; }

    public IReadOnlyList<AwsProducer> AwsProducers => awsProducers;

    /// <summary>Completes, by failing, when a producer or a reader meets what it cannot go on from.</summary>
    public Task Failure => Task.WhenAny([.. putting, .. reading]).Unwrap();

    /// <summary>Makes the stream and starts everybody.</summary>
    public async Task StartAsync()
    {
        await Control.Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = size.Shards, Mode = StreamMode.Provisioned });
        await BrokerProcess.WaitUntilActiveAsync(Control.Streams, Stream);
        var lanes = new VerifyOptions { Producers = size.Lanes, KeysPerProducer = 1, RecordsPerSecond = 20 * size.Lanes, BatchRecords = 4, InFlightBatches = 1 };
        var pipelined = new VerifyOptions { Producers = size.Pipelined, KeysPerProducer = 32, RecordsPerSecond = 200 * size.Pipelined, BatchRecords = 25 };
        putting =
        [
            .. await ProduceAsync(lanes, 0), .. await ProduceAsync(pipelined, size.Lanes),
            .. awsProducers.Select(producer => Task.Run(() => producer.RunAsync(stopPutting.Token))),
            .. size.Reshards ? [Task.Run(() => Resharding.RunAsync(stopPutting.Token))] : Array.Empty<Task>(),
        ];
        reading =
        [
            Read(0, new PollShardSource(Connect(), Stream, TimeProvider.System), toTheEnd: false),
            Read(1, new PushShardSource(Connect(), Stream), toTheEnd: false),
            Read(2, new AwsShardSource(gateways, WireProtocol.AwsCbor, Stream), toTheEnd: false),
        ];
    }

    /// <summary>Ends the putting, lets the readers catch up, reads everything once more, and gives the verdict.</summary>
    public async Task<VerifyReport> FinishAsync()
    {
        await stopPutting.CancelAsync();
        await Task.WhenAll(putting).WaitAsync(Patience);
        await VerifyJob.CatchUpAsync(Ledger, reading, Patience, TimeProvider.System, CancellationToken.None);
        await ReadAgainAsync();
        await VerifyJob.CatchUpAsync(Ledger, reading, Patience, TimeProvider.System, CancellationToken.None);
        return Ledger.Report(Stream, Interlocked.Read(ref interruptions));
    }

    public async ValueTask DisposeAsync()
    {
        await stopPutting.CancelAsync();
        await stopReading.CancelAsync();
        foreach (var session in sessions)
        {
            await session.DisposeAsync();
        }

        await Task.WhenAll([.. putting, .. reading]).ContinueWith(static all => all.Exception, TaskScheduler.Default);
        connections.ForEach(connection => connection.Dispose());
        gateways.ForEach(gateway => gateway.Dispose());
        stopPutting.Dispose();
        stopReading.Dispose();
    }

    private async Task<List<Task>> ProduceAsync(VerifyOptions options, int first)
    {
        List<Task> running = [];
        for (var i = first; i < first + options.Producers; i++)
        {
            var session = await OpenAsync(Connect(), new ProducerOptions
            {
                MaxInFlightBatches = options.InFlightBatches,
                ReconnectFor = TimeSpan.FromDays(1),
                OpenTimeout = TimeSpan.FromSeconds(1),
                Disconnected = _ => Interlocked.Increment(ref interruptions),
            });
            sessions.Add(session);
            var producer = new VerifyProducer(i, run, options, Ledger, TimeProvider.System);
            running.Add(Task.Run(() => producer.RunAsync(session, null, stopPutting.Token, stopReading.Token)));
        }

        return running;
    }

    /// <summary>Reads everything once more. A reader's beginning is the caller's to repeat: the last fault may have left a gateway that is being started again.</summary>
    private async Task ReadAgainAsync()
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            Ledger.ReadAgain();
            try
            {
                await Read(VerifyLedger.Again, new PollShardSource(Control, Stream, TimeProvider.System), toTheEnd: true).WaitAsync(Patience);
                return;
            }
            catch (Exception exception) when (RpcFaults.IsTransient(exception) && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    /// <summary>Opens a session; its first attempts are the caller's to repeat.</summary>
    private static async Task<ProducerSession> OpenAsync(BrokerConnection connection, ProducerOptions options)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await ProducerSession.OpenAsync(connection.Invoker, Stream, options, CancellationToken.None);
            }
            catch (Exception exception) when (RpcFaults.IsTransient(exception) && Stopwatch.GetElapsedTime(began) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private Task Read(int reader, IShardSource source, bool toTheEnd) => new VerifyReader(
        reader, run, new StreamFollower(source, new FollowOptions { ExitAtEnd = toTheEnd, Interrupted = (_, _) => Interlocked.Increment(ref interruptions) }, TimeProvider.System), Ledger)
        .RunAsync(stopReading.Token);

    private BrokerConnection Connect()
    {
        var connection = BrokerConnection.Open(endpoint);
        connections.Add(connection);
        return connection;
    }
}
