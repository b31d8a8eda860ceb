using System.Net;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>Answers each operation with what a test says, in JSON or as the bytes of a subscription: what checks of readers are proven against.</summary>
public sealed class CannedBroker(Func<string, object> answers) : HttpMessageHandler
{
    public static Dictionary<string, object?> Shard(string id, string start, string end, bool isOpen, string? parent = null)
    {
        var range = new Dictionary<string, object?> { ["StartingSequenceNumber"] = "1" };
        var shard = new Dictionary<string, object?>
        {
            ["ShardId"] = id,
            ["HashKeyRange"] = new Dictionary<string, object?> { ["StartingHashKey"] = start, ["EndingHashKey"] = end },
            ["SequenceNumberRange"] = range,
        };
        if (!isOpen)
        {
            range["EndingSequenceNumber"] = "2";
        }

        if (parent is not null)
        {
            shard["ParentShardId"] = parent;
        }

        return shard;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = answers(request.Headers.GetValues("X-Amz-Target").Single().Split('.')[1]);
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new ByteArrayContent(answer as byte[] ?? WireCodec.Encode(WireProtocol.Json, answer)),
        });
    }
}
