using System.Net;
using Broker.Cli.Verify;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>Puts numbered records by PutRecords as an AWS SDK does: the same bytes under one invocation id, to the next gateway with each attempt.</summary>
/// <remarks>
/// What is not answered after as many attempts as the SDKs make is given up: it may be there, once. Records of which an answer says that
/// they were not taken are put again, as AWS asks of its clients; they may then come after later ones of their key.
/// </remarks>
internal sealed class AwsProducer(int index, string run, string stream, WireProtocol protocol, IReadOnlyList<AwsCaller> gateways, VerifyLedger ledger, int seed)
{
    public const int Keys = 16;

    private const int MostRecords = 25;
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Random random = new(seed);
    private readonly long[] numbers = new long[Keys];
    private int gateway;

    /// <summary>Attempts of a call until it is given up.</summary>
    public int MostAttempts { get; init; } = 5;

    /// <summary>Calls that were given up.</summary>
    public int GivenUp { get; private set; }

    /// <summary>Records of which an answer said that they were not taken.</summary>
    public int Refused { get; private set; }

    /// <summary>Calls that took more than one attempt.</summary>
    public int Repeated { get; private set; }

    /// <summary>Puts until told to stop, and ends what is under way first.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var records = Enumerable.Range(0, random.Next(1, MostRecords)).Select(_ => Next()).ToList();
            for (var isFirst = true; records.Count > 0; isFirst = false)
            {
                records = await PutAsync(records, isFirst);
            }

            await Task.Delay(Pace, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private VerifyRecord Next()
    {
        var key = random.Next(Keys);
        var record = new VerifyRecord(index, key, numbers[key]++);
        ledger.Attempt(record);
        return record;
    }

    /// <returns>What the answer says was not taken.</returns>
    private async Task<List<VerifyRecord>> PutAsync(List<VerifyRecord> records, bool isFirst)
    {
        var began = TimeProvider.System.GetTimestamp();
        var body = WireCodec.Encode(protocol, new Dictionary<string, object?>
        {
            ["StreamName"] = stream,
            ["Records"] = records.ConvertAll(record => (object?)new Dictionary<string, object?> { ["PartitionKey"] = record.PartitionKey, ["Data"] = Data(record) }),
        });
        if (await SendAsync(body) is not { } answer)
        {
            GivenUp++;
            records.ForEach(ledger.Abandon);
            return [];
        }

        var results = ((List<object?>)answer.Body["Records"]!).ConvertAll(result => (IDictionary<string, object?>)result!);
        var taken = new List<(VerifyRecord, string, string)>();
        var refused = new List<VerifyRecord>();
        for (var i = 0; i < records.Count; i++)
        {
            if (results[i].ContainsKey("ErrorCode"))
            {
                refused.Add(records[i]);
                Refused++;
                ledger.Abandon(records[i]);
            }
            else
            {
                taken.Add((records[i], (string)results[i]["ShardId"]!, (string)results[i]["SequenceNumber"]!));
            }
        }

        ledger.Acknowledge(taken, TimeProvider.System.GetElapsedTime(began), wasRefused: !isFirst);
        return refused;
    }

    private byte[] Data(VerifyRecord record)
    {
        var data = new byte[random.Next(10) == 0 ? random.Next(96, 20_000) : random.Next(96, 400)];
        record.Write(data, run);
        return data;
    }

    /// <returns>Null where no attempt was answered.</returns>
    private async Task<AwsAnswer?> SendAsync(byte[] body)
    {
        var invocation = Guid.NewGuid().ToString();
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            try
            {
                using var timeout = new CancellationTokenSource(AttemptTimeout);
                var answer = await gateways[gateway % gateways.Count].SendAsync(protocol, "PutRecords", body, new AwsAttempt(invocation, attempt + 1), timeout.Token);
                if (answer.Status == HttpStatusCode.OK)
                {
                    Repeated += attempt > 0 ? 1 : 0;
                    return answer;
                }

                if ((int)answer.Status < 500 && answer.Error is not ("ProvisionedThroughputExceededException" or "RequestTimeoutException"))
                {
                    throw new InvalidOperationException($"PutRecords was refused: {(int)answer.Status} {answer.Error} {answer.Message}");
                }
            }
            catch (Exception exception) when (AwsCaller.IsDisconnect(exception))
            {
            }

            gateway++;
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50 << attempt)));
        }

        return null;
    }
}
