using Broker.V1;
using Grpc.Net.Client;

namespace Broker.Tests.Fault.Agents;

/// <summary>What came into a stream: which lines, how often, and in which order.</summary>
public sealed class SentLines
{
    private readonly Dictionary<long, int> counts = [];
    private readonly List<string> faults = [];

    /// <summary>Lines that came, each counted once.</summary>
    public int Count => counts.Count;

    /// <summary>Records that came.</summary>
    public int Records { get; private set; }

    /// <summary>Lines that are torn, or came first after a later line of their shard had come first.</summary>
    public IReadOnlyList<string> Faults => faults;

    /// <summary>Lines before a number that did not come.</summary>
    public IEnumerable<long> MissingBefore(long end)
    {
        for (var number = 0L; number < end; number++)
        {
            if (!counts.ContainsKey(number))
            {
                yield return number;
            }
        }
    }

    /// <summary>Reads a stream.</summary>
    public static async Task<SentLines> ReadAsync(GrpcChannel channel, string stream)
    {
        var lines = new SentLines();
        var records = new RecordService.RecordServiceClient(channel);
        foreach (var shard in await Reading.ShardsAsync(new StreamService.StreamServiceClient(channel), stream))
        {
            var newest = -1L;
            var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
            {
                StreamName = stream,
                ShardId = shard.ShardId,
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            })).ShardIterator;
            while (true)
            {
                var page = await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
                foreach (var record in page.Records)
                {
                    lines.Add(record.Data.ToStringUtf8(), shard.ShardId, ref newest);
                }

                if (page.Records.Count == 0 && page.MillisBehindLatest == 0)
                {
                    break;
                }

                iterator = page.NextShardIterator;
            }
        }

        return lines;
    }

    private void Add(string data, string shardId, ref long newest)
    {
        Records++;
        if (LogLine.NumberOf(data) is not { } number)
        {
            faults.Add($"torn: '{data}'");
            return;
        }

        if (!counts.TryAdd(number, 1))
        {
            counts[number]++;
            return;
        }

        if (number < newest)
        {
            faults.Add($"{shardId} had {newest} before {number} first came");
        }

        newest = number;
    }
}
