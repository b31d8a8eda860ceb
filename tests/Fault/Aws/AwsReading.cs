using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>Reads whole streams by GetRecords, from shard to shard as the answers name children.</summary>
public static class AwsReading
{
    /// <summary>Every record of a stream from TRIM_HORIZON, parents before children; the stream takes no writes meanwhile.</summary>
    public static async Task<List<ReadRecord>> AllAsync(AwsCaller caller, WireProtocol protocol, string stream, bool isEncrypted = false)
    {
        var lineage = new AwsLineage(await FirstShardsAsync(caller, stream));
        var next = new Queue<string>(lineage.Begun.Order(StringComparer.Ordinal));
        var read = new List<ReadRecord>();
        while (next.TryDequeue(out var shard))
        {
            var children = await ReadAsync(caller, protocol, stream, shard, read, isEncrypted);
            if (children.Count > 0)
            {
                lineage.End(shard, children).ForEach(next.Enqueue);
            }
        }

        var listed = await ShardsAsync(caller, stream);
        var missed = listed.Select(shard => (string)shard["ShardId"]!).Except(lineage.Begun).ToList();
        return missed.Count == 0 ? read : throw new InvalidDataException($"ListShards has {string.Join(", ", missed)}, to which no answer of GetRecords led.");
    }

    /// <summary>The shards that a stream was created with.</summary>
    public static async Task<List<string>> FirstShardsAsync(AwsCaller caller, string stream) =>
        [.. (await ShardsAsync(caller, stream)).Where(shard => !shard.ContainsKey("ParentShardId")).Select(shard => (string)shard["ShardId"]!)];

    public static async Task<List<IDictionary<string, object?>>> ShardsAsync(AwsCaller caller, string stream)
    {
        var page = await caller.AskAsync(WireProtocol.Json, "ListShards", new Dictionary<string, object?> { ["StreamName"] = stream });
        return page.ContainsKey("NextToken")
            ? throw new InvalidDataException($"{stream} has more than 1,000 shards.")
            : ((List<object?>)page["Shards"]!).ConvertAll(shard => (IDictionary<string, object?>)shard!);
    }

    /// <returns>The shards after this one; empty where it is open.</returns>
    private static async Task<List<(string Shard, List<string> Parents)>> ReadAsync(
        AwsCaller caller, WireProtocol protocol, string stream, string shard, List<ReadRecord> read, bool isEncrypted)
    {
        var iterator = (await caller.AskAsync(protocol, "GetShardIterator", new Dictionary<string, object?>
        {
            ["StreamName"] = stream,
            ["ShardId"] = shard,
            ["ShardIteratorType"] = "TRIM_HORIZON",
        }))["ShardIterator"];
        while (true)
        {
            var page = await caller.AskAsync(protocol, "GetRecords", new Dictionary<string, object?> { ["ShardIterator"] = iterator });
            var records = (List<object?>)page["Records"]!;
            read.AddRange(records.Select(record => AwsRecords.Read(record, protocol, shard, isEncrypted)));
            var hasNext = page.TryGetValue("NextShardIterator", out iterator);
            if (!hasNext || (records.Count == 0 && (long)page["MillisBehindLatest"]! == 0))
            {
                var children = AwsRecords.Children(page);
                return hasNext == (children.Count == 0)
                    ? children
                    : throw new InvalidDataException($"{shard} names {children.Count} children and has {(hasNext ? "a" : "no")} next iterator.");
            }
        }
    }
}
