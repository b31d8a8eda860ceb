using System.Net;
using System.Text;
using Broker.Tests.Harness;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Fault;

/// <summary>Metrics leave the process over OTLP where the standard variables say so.</summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task MetricsAreExportedOverOtlp()
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
        using (var channel = broker.Connect())
        {
            var streams = new StreamService.StreamServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s" });
            await BrokerProcess.WaitUntilActiveAsync(streams, "s");
            await new RecordService.RecordServiceClient(channel).PutRecordAsync(new PutRecordRequest { StreamName = "s", PartitionKey = "k" });
        }

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var request = await collector.GetContextAsync().WaitAsync(timeout.Token);
            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body, timeout.Token);
            request.Response.Close();
            if (request.Request.Url!.AbsolutePath == "/v1/metrics"
                && Encoding.UTF8.GetString(body.ToArray()).Contains("broker.gateway.records.in", StringComparison.Ordinal))
            {
                return;
            }
        }
    }
}
