using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>A stream under test: what is written to it, what is known of it, and how it is to be read.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="IsEncrypted">Whether all of its records are.</param>
/// <param name="Ledger">What was sent to it and acknowledged.</param>
/// <param name="Writers">Its writers, and the connection that each has.</param>
public sealed record AwsSubject(string Stream, bool IsEncrypted, Ledger Ledger, (AwsWriter Writer, AwsCaller Caller)[] Writers)
{
    public static string Arn(string stream) => $"arn:aws:kinesis:us-east-1:000000000000:stream/{stream}";

    /// <summary>Makes a stream, and encrypts it before its first record where it is to be.</summary>
    public async Task CreateAsync(AwsCaller caller, int? shards)
    {
        var input = new Dictionary<string, object?>
        {
            ["StreamName"] = Stream,
            ["StreamModeDetails"] = new Dictionary<string, object?> { ["StreamMode"] = shards is null ? "ON_DEMAND" : "PROVISIONED" },
        };
        if (shards is not null)
        {
            input["ShardCount"] = shards;
        }

        await caller.AskAsync(WireProtocol.Json, "CreateStream", input);
        await WaitUntilActiveAsync(caller);
        if (IsEncrypted)
        {
            await caller.AskAsync(WireProtocol.AwsCbor, "StartStreamEncryption", new Dictionary<string, object?>
            {
                ["StreamName"] = Stream,
                ["EncryptionType"] = "KMS",
                ["KeyId"] = "alias/aws/kinesis",
            });
            await WaitUntilActiveAsync(caller);
        }
    }

    public async Task WaitUntilActiveAsync(AwsCaller caller)
    {
        var until = DateTime.UtcNow + AwsCaller.Patience;
        while (DateTime.UtcNow < until)
        {
            var summary = await caller.AskAsync(WireProtocol.Json, "DescribeStreamSummary", new Dictionary<string, object?> { ["StreamName"] = Stream });
            if ((string)((IDictionary<string, object?>)summary["StreamDescriptionSummary"]!)["StreamStatus"]! == "ACTIVE")
            {
                return;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"{Stream} did not become ACTIVE within {AwsCaller.Patience}.");
    }

    /// <summary>Registers a consumer and makes a follower of it.</summary>
    public async Task<AwsFollower> FollowAsync(AwsCaller caller, string consumer, WireProtocol protocol)
    {
        var registered = await caller.AskAsync(WireProtocol.Json, "RegisterStreamConsumer", new Dictionary<string, object?>
        {
            ["StreamARN"] = Arn(Stream),
            ["ConsumerName"] = consumer,
        });
        var arn = ((IDictionary<string, object?>)registered["Consumer"]!)["ConsumerARN"]!;
        return new AwsFollower(caller, protocol, Stream, (string)arn, IsEncrypted);
    }

    /// <summary>Faults of a complete read.</summary>
    public List<string> Check(IReadOnlyList<ReadRecord> read) =>
        Ledger.Check(read, Writers.Where(writer => !writer.Writer.GivesUp).Select(writer => writer.Writer.Name).ToHashSet());
}
