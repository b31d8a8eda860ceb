using System.Globalization;
using Broker.Contracts.Blocks;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

/// <summary>A gateway's append path over a <see cref="FakeCluster"/>.</summary>
internal sealed class AppendHarness
{
    public AppendHarness(FakeCluster cluster, GatewayOptions? options = null, EncryptionOptions? encryption = null)
    {
        Cluster = cluster;
        Routes = new StreamRoutes(cluster, new BrokerIdentity(), cluster.Clock);
        Ciphers = new StreamCiphers(
            Provider, cluster, Routes, new BrokerIdentity(), Options.Create(encryption ?? new EncryptionOptions()), cluster.Clock, NullLoggerFactory.Instance);
        Appender = new RecordAppender(
            cluster,
            Routes,
            Ciphers,
            Options.Create(options ?? new GatewayOptions()),
            Options.Create(new BrokerLimits()),
            cluster.Clock,
            new GatewayMetrics(new TestMeters(), cluster.Clock),
            NullLogger<RecordAppender>.Instance);
    }

    public FakeCluster Cluster { get; }

    public StreamRoutes Routes { get; }

    public RecordAppender Appender { get; }

    public StreamCiphers Ciphers { get; }

    public FakeKeyProvider Provider { get; } = new();

    public static byte[] Message(IEnumerable<(string Key, string Data)> records)
    {
        var request = new V1.PutRecordsRequest { StreamName = "s" };
        foreach (var (key, data) in records)
        {
            request.Records.Add(new V1.PutRecordsEntry { PartitionKey = key, Data = ByteString.CopyFromUtf8(data) });
        }

        return request.ToByteArray();
    }

    public static IEnumerable<(string Key, string Data)> Records(int count, string prefix = "r") =>
        Enumerable.Range(0, count).Select(i => (string.Create(CultureInfo.InvariantCulture, $"key-{i}"), $"{prefix}{i}"));

    public async Task<EncodedBatch> EncodeAsync(
        IEnumerable<(string Key, string Data)> records, StreamRoute? route = null, BatchIdentity? identity = null)
    {
        var by = route ?? await Routes.GetAsync("s");
        using var encoder = new BatchEncoder(new BrokerLimits());
        Assert.Null(encoder.TryEncode(Message(records), by, identity is { } known ? RecordSpread.Of(known) : RecordSpread.Next(), out var batch));
        return batch!;
    }

    public async Task<AppendBatch> PutAsync(IEnumerable<(string Key, string Data)> records, bool isDivisible = true, TimeSpan? time = null)
    {
        var batch = Appender.TryPut(await EncodeAsync(records), isDivisible, Appender.DeadlineAfter(time ?? TimeSpan.FromSeconds(30)));
        Assert.NotNull(batch);
        await batch.Completion;
        return batch;
    }

    public async Task<AppendBatch> ProduceAsync(IEnumerable<(string Key, string Data)> records, BatchIdentity identity) =>
        await Appender.ProduceAsync(await EncodeAsync(records, identity: identity), identity, Appender.DeadlineAfter(TimeSpan.FromSeconds(30)), default, default);
}
