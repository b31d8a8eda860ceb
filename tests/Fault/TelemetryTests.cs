using System.Net;
using System.Text;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Wire;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>Metrics leave the process over OTLP where the standard variables say so.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task MetricsAreExportedOverOtlpByShardUnderEnhancedMonitoringAlone()
    {
        using var broker = new BrokerProcess();
        using var collector = new HttpListener();
        var address = $"http://127.0.0.1:{BrokerProcess.FreePort()}/";
        collector.Prefixes.Add(address);
        collector.Start();
        broker.Variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = address;
        broker.Variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        broker.Variables["OTEL_METRIC_EXPORT_INTERVAL"] = "300";
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        var records = new RecordService.RecordServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s" });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k" });

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var plain = await ExportAsync(collector, "broker.shard.incoming.records", timeout.Token);
        Assert.Contains("broker.gateway.records.in", plain, StringComparison.Ordinal);
        Assert.DoesNotContain("shardId-", plain, StringComparison.Ordinal);

        using var http = new AwsCaller(broker.Endpoint, HttpVersion.Version11);
        await http.AskAsync(WireProtocol.Json, "EnableEnhancedMonitoring", new Dictionary<string, object?>
        {
            ["StreamName"] = "s",
            ["ShardLevelMetrics"] = new List<object?> { "IncomingRecords" },
        });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        await records.PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        await ExportAsync(collector, "shardId-", timeout.Token);
    }

    /// <summary>The next export of metrics that holds a text.</summary>
    private static async Task<string> ExportAsync(HttpListener collector, string text, CancellationToken cancellation)
    {
        while (true)
        {
            var request = await collector.GetContextAsync().WaitAsync(cancellation);
            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body, cancellation);
            request.Response.Close();
            var export = Encoding.UTF8.GetString(body.ToArray());
            if (request.Request.Url!.AbsolutePath == "/v1/metrics" && export.Contains(text, StringComparison.Ordinal))
            {
                return export;
            }
        }
    }
}
