using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>What a real process tells of its work: to whoever scrapes it, and to a receiver of OTLP.</summary>
public sealed partial class TelemetryTests : IAsyncLifetime
{
    private readonly OtlpReceiver receiver = new();
    private readonly string metrics = $"http://127.0.0.1:{BrokerProcess.FreePort()}";
    private BrokerProcess broker = null!;
    private Grpc.Net.Client.GrpcChannel channel = null!;

    private StreamService.StreamServiceClient Streams => new(channel);

    private RecordService.RecordServiceClient Records => new(channel);

    public async Task InitializeAsync()
    {
        broker = new BrokerProcess("--metrics", metrics, "--limits", "unlimited");
        broker.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Endpoint;
        broker.Variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        broker.Variables["OTEL_BSP_SCHEDULE_DELAY"] = "100";
        await broker.StartAsync();
        channel = broker.Connect();
        await Streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "t", ShardCount = 2, Mode = StreamMode.Provisioned });
        await BrokerProcess.WaitUntilActiveAsync(Streams, "t");
    }

    public Task DisposeAsync()
    {
        channel.Dispose();
        broker.Dispose();
        receiver.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_is_scraped_is_what_clients_put_and_got()
    {
        for (var i = 0; i < 20; i++)
        {
            await Records.PutRecordAsync(Put(i));
        }

        var batch = new PutRecordsRequest { StreamName = "t" };
        batch.Records.AddRange(Enumerable.Range(0, 30).Select(i => new PutRecordsEntry { PartitionKey = $"k{i}", Data = ByteString.CopyFrom(new byte[100]) }));
        await Records.PutRecordsAsync(batch);
        var got = 0;
        foreach (var shard in (await Streams.ListShardsAsync(new ListShardsRequest { StreamName = "t" })).Shards)
        {
            var iterator = (await Records.GetShardIteratorAsync(new GetShardIteratorRequest
            {
                StreamName = "t",
                ShardId = shard.ShardId,
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            })).ShardIterator;
            got += (await Records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator })).Records.Count;
        }

        Assert.Equal(50, got);
        await Assert.ThrowsAsync<RpcException>(async () => await Records.PutRecordAsync(new PutRecordRequest { StreamName = "none", PartitionKey = "k" }));

        var scraped = await ScrapeAsync();
        Assert.Equal(20, Value(scraped, "broker_put_records_total", "operation=\"PutRecord\"", "result=\"success\"", "stream=\"t\""));
        Assert.Equal(30, Value(scraped, "broker_put_records_total", "operation=\"PutRecords\"", "result=\"success\"", "stream=\"t\""));
        Assert.Equal(50, Value(scraped, "broker_shard_incoming_records_total", "stream=\"t\""));
        Assert.Equal(50, Value(scraped, "broker_get_records_total", "stream=\"t\""));
        Assert.Equal(20, Value(scraped, "broker_request_duration_seconds_count", "operation=\"PutRecord\"", "protocol=\"grpc\"", "!error_type"));
        Assert.Equal(1, Value(scraped, "broker_request_duration_seconds_count", "operation=\"PutRecord\"", "error_type=\"NotFound\""));
        Assert.Equal(2, Value(scraped, "broker_shard_openings_total", "reason=\"first\""));
        Assert.InRange(Value(scraped, "broker_commit_duration_seconds_count", "store=\"embedded\""), 1, 50);
        Assert.Contains(scraped, static line => line.StartsWith("orleans_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_metrics_are_scraped_nothing_else_answers_and_elsewhere_they_are_not()
    {
        using var http = new HttpClient();
        using var body = new StringContent("{}");
        Assert.Equal(HttpStatusCode.NotFound, (await http.PostAsync(new Uri(metrics), body)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{metrics}/healthz"))).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{broker.Endpoint}/metrics"))).StatusCode);
    }

    [Fact]
    public async Task A_put_is_one_trace_from_its_client_to_the_commit_and_a_batch_of_Produce_is_too()
    {
        const string unary = "0af7651916cd43dd8448eb211c80319c", produced = "1bf7651916cd43dd8448eb211c80319d";
        await Records.PutRecordAsync(Put(0), new Metadata { { "traceparent", $"00-{unary}-b7ad6b7169203331-01" } });
        await Records.PutRecordAsync(Put(1));
        using (var call = Records.Produce())
        {
            await call.RequestStream.WriteAsync(new ProduceRequest { Open = new ProduceOpen { StreamName = "t" } });
            var message = new ProduceBatch { BatchNumber = 1, Traceparent = $"00-{produced}-b7ad6b7169203332-01" };
            message.Records.Add(new PutRecordsEntry { PartitionKey = "k", Data = ByteString.CopyFrom(1) });
            await call.RequestStream.WriteAsync(new ProduceRequest { Batch = message });
            await call.RequestStream.CompleteAsync();
            await foreach (var response in call.ResponseStream.ReadAllAsync())
            {
                Assert.Empty(response.Ack?.ErrorCode ?? "");
            }
        }

        await AssertChainAsync(unary, "b7ad6b7169203331", "POST /broker.v1.RecordService/PutRecord", "append", "shard append", "commit");
        await AssertChainAsync(produced, "b7ad6b7169203332", "produce batch", "append", "shard append", "commit");
        Assert.Equal([unary, produced], receiver.Spans.Select(span => span.Trace).Distinct().Order());
    }

    [Fact]
    public async Task A_trace_of_the_producer_goes_on_in_the_broker()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ProducerMetrics.MeterName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        var ended = new ConcurrentQueue<Activity>();
        listener.ActivityStopped = ended.Enqueue;
        ActivitySource.AddActivityListener(listener);
        await using (var producer = new BrokerProducer(new BrokerProducerOptions { StreamName = "t", Endpoints = [new Uri(broker.Endpoint)] }))
        {
            await producer.PutAsync("k", new byte[10]);
        }

        var produce = Assert.Single(ended);
        await AssertChainAsync(produce.TraceId.ToHexString(), produce.SpanId.ToHexString(), "produce batch", "append", "shard append", "commit");
    }

    /// <summary>Waits until a trace has these spans, each the child of the one before.</summary>
    private async Task AssertChainAsync(string trace, string root, params string[] names)
    {
        for (var attempt = 0; ; attempt++)
        {
            var spans = receiver.Spans.Where(span => span.Trace == trace).ToList();
            var parent = root;
            var found = new List<string>();
            while (spans.Find(span => span.Parent == parent) is { } child)
            {
                found.Add(child.Name);
                parent = child.Id;
            }

            if (found.SequenceEqual(names))
            {
                return;
            }

            Assert.True(attempt < 300, $"Trace {trace} is {string.Join(" > ", found)} of {string.Join(", ", spans)}.\n{broker.Output}");
            await Task.Delay(100);
        }
    }

    private async Task<string[]> ScrapeAsync()
    {
        using var http = new HttpClient();
        return (await http.GetStringAsync(new Uri($"{metrics}/metrics"))).Split('\n');
    }

    /// <summary>The one sample of a name with these labels; a label that begins with ! is one that it has not.</summary>
    private static double Value(string[] scraped, string name, params string[] labels)
    {
        var line = Assert.Single(scraped, line => line.StartsWith(name + "{", StringComparison.Ordinal)
            && labels.All(label => label[0] == '!' ? !line.Contains(label[1..], StringComparison.Ordinal) : line.Contains(label, StringComparison.Ordinal)));
        return double.Parse(Sample().Match(line).Value, CultureInfo.InvariantCulture);
    }

    private static PutRecordRequest Put(int i) => new() { StreamName = "t", PartitionKey = $"k{i}", Data = ByteString.CopyFrom(new byte[100]) };

    [GeneratedRegex(@"(?<=\} )[0-9.eE+-]+")]
    private static partial Regex Sample();
}
