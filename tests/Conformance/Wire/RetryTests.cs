using System.Net;
using Xunit;

namespace Broker.Tests.Conformance.Wire;

/// <summary>An SDK's own retry, which carries the invocation's id again, puts nothing twice; another invocation does.</summary>
[Collection("conformance")]
public sealed class RetryTests(ConformanceFixture conformance)
{
    [Theory]
    [InlineData(WireProtocol.Json)]
    [InlineData(WireProtocol.AwsCbor)]
    [InlineData(WireProtocol.RpcV2Cbor)]
    public async Task ARetryOfAnInvocationIsAnsweredAsTheFirst(WireProtocol protocol)
    {
        var name = await conformance.CreateStreamAsync(2);
        var put = WireCodec.Encode(protocol, new Dictionary<string, object?>
        {
            ["StreamName"] = name,
            ["Records"] = Enumerable.Range(0, 20).Select(i => (object?)new Dictionary<string, object?>
            {
                ["PartitionKey"] = $"k{i}",
                ["Data"] = new[] { (byte)i },
            }).ToList(),
        });
        var first = await SendAsync("8d3a2c1e-0000-4000-8000-000000000001", "attempt=1; max=3");
        var retry = await SendAsync("8d3a2c1e-0000-4000-8000-000000000001", "attempt=2; max=3");
        var other = await SendAsync("8d3a2c1e-0000-4000-8000-000000000002", "attempt=1; max=3");
        Assert.Equal(first, retry);
        Assert.Empty(first.Intersect(other));
        Assert.Equal(20, first.Distinct().Count());

        async Task<List<string>> SendAsync(string invocation, string attempt)
        {
            var answer = await conformance.Aws.CallRawAsync(
                protocol, "PutRecords", put, ("amz-sdk-invocation-id", invocation), ("amz-sdk-request", attempt));
            Assert.Equal((HttpStatusCode.OK, 0L), (answer.Status, answer.Body["FailedRecordCount"]));
            return [.. ((List<object?>)answer.Body["Records"]!).Select(result => (string)((Dictionary<string, object?>)result!)["SequenceNumber"]!)];
        }
    }
}
