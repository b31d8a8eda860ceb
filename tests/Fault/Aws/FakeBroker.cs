using System.Net;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>Takes puts as the broker does, or with one fault planted: what checks of writers are proven against. One shard, AWS CBOR.</summary>
public sealed class FakeBroker : HttpMessageHandler
{
    public const string Shard = "shardId-000000000000";

    private readonly Dictionary<string, byte[]> answered = [];
    private long nextSequence = 1_000;

    /// <summary>What was taken, in order.</summary>
    public List<ReadRecord> Taken { get; } = [];

    /// <summary>The invocation id and the body of every attempt.</summary>
    public List<(string Invocation, string Body)> Attempts { get; } = [];

    /// <summary>How many of the next attempts are taken and not answered.</summary>
    public int BreaksConnections { get; set; }

    /// <summary>How many of the next attempts are answered with 503, and not taken.</summary>
    public int IsUnavailable { get; set; }

    /// <summary>Records of the next attempt that fail, the last ones.</summary>
    public int FailsRecords { get; set; }

    /// <summary>The planted fault: a repeat is taken as new.</summary>
    public bool ForgetsInvocations { get; set; }

    /// <summary>The planted fault: a repeat gets another answer than the first.</summary>
    public bool MakesAnswersUp { get; set; }

    /// <summary>The planted fault: what is acknowledged is not kept.</summary>
    public bool KeepsNothing { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        var invocation = request.Headers.GetValues("amz-sdk-invocation-id").Single();
        Attempts.Add((invocation, Convert.ToHexString(body)));
        if (IsUnavailable > 0)
        {
            IsUnavailable--;
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new ByteArrayContent([]) };
        }

        if (ForgetsInvocations || MakesAnswersUp || !answered.TryGetValue(invocation, out var answer))
        {
            var isRepeat = answered.ContainsKey(invocation);
            answer = Take(body, !KeepsNothing && !(isRepeat && MakesAnswersUp));
            answered[invocation] = answer;
        }

        if (BreaksConnections > 0)
        {
            BreaksConnections--;
            throw new HttpRequestException("The connection broke.");
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(answer) };
    }

    private byte[] Take(byte[] body, bool keeps)
    {
        var input = (IDictionary<string, object?>)WireCodec.Decode(WireProtocol.AwsCbor, body)!;
        var records = (List<object?>)input["Records"]!;
        var failing = records.Count - FailsRecords;
        FailsRecords = 0;
        var results = records.Select((record, i) =>
        {
            if (i >= failing)
            {
                return (object?)new Dictionary<string, object?> { ["ErrorCode"] = "InternalFailure", ["ErrorMessage"] = "Internal Service Failure" };
            }

            var sequence = $"{nextSequence++}";
            if (keeps)
            {
                Taken.Add(new ReadRecord(Ledger.IdOf((byte[])((IDictionary<string, object?>)record!)["Data"]!), Shard, sequence, 1));
            }

            return new Dictionary<string, object?> { ["SequenceNumber"] = sequence, ["ShardId"] = Shard };
        }).ToList();
        return WireCodec.Encode(WireProtocol.AwsCbor, new Dictionary<string, object?> { ["FailedRecordCount"] = 0, ["Records"] = results });
    }
}
