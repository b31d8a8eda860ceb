using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Broker.Tests.Unit.Cli;

/// <summary>A broker for one stream, in memory, on a real port: enough for the client commands, with faults to plant.</summary>
internal sealed class InMemoryBroker : IAsyncDisposable
{
    private bool hasPlanted;
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly List<MemoryShard> shards = [];
    private readonly Dictionary<(string Producer, ulong Batch), ProduceAck> taken = [];
    private CancellationTokenSource connections = new();
    private int batches;

    private InMemoryBroker(WebApplication app) => this.app = app;

    public enum Plant
    {
        None,
        LoseRecord,
        DoubleRecord,
        SwapRecords,
        MisplaceRecord,
    }

    public Uri Endpoint => new(app.Urls.First());

    /// <summary>The fault to commit, in the 20th batch or the first after it that can have it.</summary>
    public Plant Planted { get; init; }

    /// <summary>Refuses every so manieth batch once, for 5 ms; 0 for none.</summary>
    public int RefuseEvery { get; init; }

    public int Disconnections { get; private set; }

    /// <summary>Answers a batch in the broker's place, which then does not take it; null lets it be taken.</summary>
    public Func<ProduceBatch, ProduceAck?>? Answer { get; set; }

    /// <summary>What the stream says of how its records are spread; they go by their keys all the same.</summary>
    public V1.RecordDistributionStrategy Distribution { get; set; }

    /// <summary>Refuses sessions, when set.</summary>
    public RpcException? Refusal { get; set; }

    /// <summary>The batches that were sent, repeats too, with the ids of their producers.</summary>
    public ConcurrentQueue<(string Producer, ProduceBatch Batch)> Sent { get; } = new();

    /// <summary>What acknowledgements wait for.</summary>
    public Task Held { get; private set; } = Task.CompletedTask;

    public IReadOnlyList<MemoryShard> Shards
    {
        get
        {
            lock (gate)
            {
                return [.. shards];
            }
        }
    }

    public CancellationToken Connections
    {
        get
        {
            lock (gate)
            {
                return connections.Token;
            }
        }
    }

    public static async Task<InMemoryBroker> StartAsync(int shardCount, Plant planted = Plant.None, int refuseEvery = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = null);
        InMemoryBroker? broker = null;
        builder.Services.AddSingleton(_ => broker!);
        var app = builder.Build();
        app.MapGrpcService<InMemoryStreams>();
        app.MapGrpcService<InMemoryRecords>();
        broker = new InMemoryBroker(app) { Planted = planted, RefuseEvery = refuseEvery };
        foreach (var range in Broker.Contracts.Streams.HashKeyRange.Uniform(shardCount))
        {
            broker.AddShard(range);
        }

        await app.StartAsync();
        return broker;
    }

    /// <summary>Holds acknowledgements back until the action that it gives is called.</summary>
    public Action Hold()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Held = held.Task;
        return held.SetResult;
    }

    /// <summary>Breaks every call in flight, as a kill does; what was taken stays.</summary>
    public void Disconnect()
    {
        CancellationTokenSource old;
        lock (gate)
        {
            Disconnections++;
            (old, connections) = (connections, new CancellationTokenSource());
        }

        old.Cancel();
    }

    public void Split(string shardId)
    {
        lock (gate)
        {
            var parent = Find(shardId);
            var middle = new HashKey(parent.Range.Start.Value + ((parent.Range.End.Value - parent.Range.Start.Value) / 2) + 1);
            var (lower, upper) = parent.Range.SplitAt(middle);
            parent.Close([AddShard(lower, shardId), AddShard(upper, shardId)]);
        }
    }

    public void Merge(string shardId, string adjacentId)
    {
        lock (gate)
        {
            var (one, other) = (Find(shardId), Find(adjacentId));
            var child = AddShard(one.Range.MergeWith(other.Range), shardId, adjacentId);
            one.Close([child]);
            other.Close([child]);
        }
    }

    public MemoryShard Find(string shardId)
    {
        lock (gate)
        {
            return shards.Find(shard => shard.Id == shardId) ?? throw new RpcException(new Status(StatusCode.NotFound, shardId));
        }
    }

    /// <summary>Takes a batch once.</summary>
    public ProduceAck Take(string producer, ProduceBatch batch)
    {
        lock (gate)
        {
            Sent.Enqueue((producer, batch));
            if (Answer?.Invoke(batch) is { } answer)
            {
                answer.BatchNumber = batch.BatchNumber;
                return answer;
            }

            var ack = new ProduceAck { BatchNumber = batch.BatchNumber };
            var number = ++batches;
            if (RefuseEvery > 0 && number % RefuseEvery == 0)
            {
                ack.ErrorCode = "OVERLOADED";
                ack.RetryAfter = new() { Nanos = 5_000_000 };
                return ack;
            }

            if (taken.TryGetValue((producer, batch.BatchNumber), out var first))
            {
                return first;
            }

            taken.Add((producer, batch.BatchNumber), ack);
            var records = batch.Records.Select((record, index) => (record, index)).ToList();
            var isPlanted = number >= 20 && !hasPlanted
                && (Planted != Plant.SwapRecords || (records.Count > 1 && records[0].record.PartitionKey == records[1].record.PartitionKey));
            hasPlanted |= isPlanted;
            if (isPlanted && Planted == Plant.SwapRecords)
            {
                (records[0], records[1]) = (records[1], records[0]);
            }

            foreach (var (record, index) in records)
            {
                var key = HashKey.TryParse(record.ExplicitHashKey, out var given) ? given : HashKey.OfPartitionKey(record.PartitionKey);
                var shard = shards.Find(candidate => candidate.IsOpen && candidate.Range.Contains(key))!;
                var plant = isPlanted && index == 0 ? Planted : Plant.None;
                var place = shard.Count + (plant == Plant.MisplaceRecord ? 1_000 : 1);
                for (var times = plant switch { Plant.LoseRecord => 0, Plant.DoubleRecord => 2, _ => 1 }; times > 0; times--)
                {
                    shard.Append(record);
                }

                ack.Parts.Add(new ProduceAckPart
                {
                    ShardId = shard.Id,
                    FirstSequenceNumber = shard.NumberOf(place),
                    RecordCount = 1,
                    RecordIndexes = { (uint)index },
                });
            }

            return ack;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await connections.CancelAsync();
        await app.DisposeAsync();
        connections.Dispose();
    }

    private MemoryShard AddShard(Broker.Contracts.Streams.HashKeyRange range, params string[] parents)
    {
        var shard = new MemoryShard(string.Create(CultureInfo.InvariantCulture, $"shardId-{shards.Count:D12}"), range, parents);
        shards.Add(shard);
        return shard;
    }

    internal sealed class MemoryShard(string id, Broker.Contracts.Streams.HashKeyRange range, string[] parents)
    {
        private const long Second = 1_700_000_000;
        private readonly ConcurrentQueue<V1.Record> records = new();
        private volatile MemoryShard[] children = [];

        public string Id { get; } = id;

        public Broker.Contracts.Streams.HashKeyRange Range { get; } = range;

        public string[] Parents { get; } = parents;

        public bool IsOpen => children.Length == 0;

        public int Count => records.Count;

        public IEnumerable<ChildShard> Children => children.Select(child => new ChildShard { ShardId = child.Id, ParentShards = { child.Parents } });

        public void Close(MemoryShard[] successors) => children = successors;

        /// <summary>The sequence number of the shard's first, second and so on record.</summary>
        public string NumberOf(int position) =>
            new SequenceNumber(Second, int.Parse(Id[^12..], CultureInfo.InvariantCulture), position, Second).ToString();

        public void Append(PutRecordsEntry entry) => records.Enqueue(new V1.Record
        {
            SequenceNumber = NumberOf(records.Count + 1),
            PartitionKey = entry.PartitionKey,
            Data = entry.Data,
        });

        public V1.Record[] ReadFrom(int index, int limit) => [.. records.Skip(index).Take(limit)];
    }
}
