using System.Diagnostics;
using Broker.V1;

namespace Broker.Cli.Records;

/// <summary>What a put has done; counted as acknowledgements come, from several threads.</summary>
internal sealed class PutSummary(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, long> shards = new(StringComparer.Ordinal);
    private readonly long began = time.GetTimestamp();
    private long records;
    private long bytes;

    public long Records => Interlocked.Read(ref records);

    public double RecordsPerSecond => Records / Math.Max(time.GetElapsedTime(began).TotalSeconds, 0.001);

    public void Add(ProduceAck ack, int recordCount, long dataBytes)
    {
        lock (gate)
        {
            records += recordCount;
            bytes += dataBytes;
            foreach (var part in ack.Parts)
            {
                shards[part.ShardId] = shards.GetValueOrDefault(part.ShardId) + part.RecordCount;
            }
        }
    }

    public PutResult ToResult(string stream)
    {
        lock (gate)
        {
            var seconds = time.GetElapsedTime(began).TotalSeconds;
            Debug.Assert(shards.Values.Sum() <= records, "No shard may be told more records than were put.");
            return new PutResult(stream, records, bytes, Math.Round(seconds, 3), Math.Round(records / Math.Max(seconds, 0.001)), new(shards));
        }
    }
}
