using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>AWS's throttle of ON_DEMAND streams, for those who test their back-off against it: only where it is asked for.</summary>
public sealed class OnDemandThrottleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OnDemandStreamsAreThrottledWhereThatIsAskedFor(bool throttle)
    {
        using var broker = new BrokerProcess($"--Broker:Limits:OnDemandThrottle={throttle}", "--Broker:Limits:ShardWriteRecordsPerSecond=1");
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1, Mode = StreamMode.OnDemand });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        var request = new PutRecordsRequest { StreamName = "s" };
        request.Records.AddRange(Enumerable.Range(0, 500).Select(i => new PutRecordsEntry { PartitionKey = $"{i}", Data = ByteString.CopyFromUtf8("d") }));

        // 500 seconds' worth at once: however slow the machine, most of it is over the limit.
        var answer = await new RecordService.RecordServiceClient(channel).PutRecordsAsync(request);
        var refused = answer.Results.Where(result => result.ErrorCode.Length > 0).ToList();
        Assert.Equal(throttle, refused.Count > 0);
        Assert.All(refused, result => Assert.Equal("PROVISIONED_THROUGHPUT_EXCEEDED", result.ErrorCode));
        Assert.True(refused.Count < 500);
    }
}
