using System.Net;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>
/// Puts as an AWS SDK does, one call at a time: what is not answered, or answered with a fault of the server's, is sent again, the same bytes under
/// the same invocation id; records that an answer says failed are sent in a new call.
/// </summary>
public sealed class AwsWriter(string name, string stream, Ledger ledger, int seed, AwsWriterKind kind)
{
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Random random = new(seed);

    public string Name => name;

    public bool GivesUp => kind.GivesUp;

    /// <summary>Calls that took more than one attempt until they were answered.</summary>
    public int RepeatedCalls { get; private set; }

    /// <summary>Records that were sent in another call because an answer said they failed.</summary>
    public int RecordsSentAnew { get; private set; }

    /// <summary>Puts until told to stop; then what is under way is answered first, however often the broker goes and comes meanwhile.</summary>
    public async Task RunAsync(AwsCaller caller, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await PutAsync(caller);
        }
    }

    /// <summary>Puts one batch, or one record, and notes what is acknowledged.</summary>
    public async Task PutAsync(AwsCaller caller)
    {
        var records = Enumerable.Range(0, kind.MaxRecords == 1 ? 1 : random.Next(1, kind.MaxRecords)).Select(_ => Next()).ToList();
        while (records.Count > 0)
        {
            var input = kind.MaxRecords == 1 ? records[0].Entry : new Dictionary<string, object?> { ["Records"] = records.ConvertAll(record => (object?)record.Entry) };
            input["StreamName"] = stream;
            if (await SendAsync(caller, kind.MaxRecords == 1 ? "PutRecord" : "PutRecords", WireCodec.Encode(kind.Protocol, input)) is not { } answer)
            {
                return;
            }

            records = kind.MaxRecords == 1 ? Acknowledge(records, [answer.Body]) : Acknowledge(records, (List<object?>)answer.Body["Records"]!);
            RecordsSentAnew += records.Count;
        }
    }

    private List<Sent> Acknowledge(List<Sent> records, List<object?> results)
    {
        if (results.Count != records.Count)
        {
            throw new InvalidOperationException($"{name} put {records.Count} records and was answered {results.Count}.");
        }

        var failed = new List<Sent>();
        for (var i = 0; i < results.Count; i++)
        {
            var result = (IDictionary<string, object?>)results[i]!;
            if (result.ContainsKey("ErrorCode"))
            {
                failed.Add(records[i]);
            }
            else
            {
                ledger.Acknowledge(records[i].Id, (string)result["ShardId"]!, (string)result["SequenceNumber"]!);
            }
        }

        return failed;
    }

    /// <returns>Null where the writer gave up, which only some do.</returns>
    private async Task<AwsAnswer?> SendAsync(AwsCaller caller, string operation, byte[] body)
    {
        var invocation = Guid.NewGuid().ToString();
        var giveUpAt = DateTime.UtcNow + AwsCaller.Patience;
        for (var attempt = 1; DateTime.UtcNow < giveUpAt; attempt++)
        {
            try
            {
                // Now and then a client loses patience at once, and its next attempt meets its last one on the way.
                using var timeout = new CancellationTokenSource(random.Next(20) == 0 ? TimeSpan.FromMilliseconds(random.Next(1, 10)) : AttemptTimeout);
                var answer = await caller.SendAsync(kind.Protocol, operation, body, new AwsAttempt(invocation, attempt), timeout.Token);
                if (answer.Status == HttpStatusCode.OK)
                {
                    RepeatedCalls += attempt > 1 ? 1 : 0;
                    return answer;
                }

                if ((int)answer.Status < 500 && answer.Error != "ProvisionedThroughputExceededException")
                {
                    throw new InvalidOperationException($"{operation} of {name} was refused: {(int)answer.Status} {answer.Error} {answer.Message}");
                }
            }
            catch (Exception exception) when (AwsCaller.IsDisconnect(exception))
            {
            }

            if (kind.GivesUp && random.Next(2) == 0)
            {
                return null;
            }

            await Task.Delay(Pause);
        }

        throw new TimeoutException($"{operation} of {name} was not answered within {AwsCaller.Patience}.");
    }

    private Sent Next()
    {
        var key = $"{name}-{random.Next(200)}";
        var (id, data) = ledger.Next(name, key, random.Next(20) == 0 ? random.Next(20_000) : random.Next(300));
        return new Sent(id, new Dictionary<string, object?> { ["PartitionKey"] = key, ["Data"] = data });
    }

    private sealed record Sent(string Id, Dictionary<string, object?> Entry);
}
