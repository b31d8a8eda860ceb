using System.Globalization;
using System.Net;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>A change of a stream that was asked for once, and what must hold afterwards if it was accepted, killed in the middle or not.</summary>
/// <param name="Operation">AWS's name.</param>
/// <param name="Input">Its input.</param>
/// <param name="Effect">Tells, of the shards of the ACTIVE stream, what is not as it must be; null for nothing.</param>
public sealed record AwsChange(string Operation, Dictionary<string, object?> Input, Func<List<IDictionary<string, object?>>, string?> Effect)
{
    /// <summary>Asks once.</summary>
    /// <returns>Whether it was accepted; false also where the broker went away before it answered.</returns>
    public async Task<bool> AskOnceAsync(AwsCaller caller)
    {
        try
        {
            using var timeout = new CancellationTokenSource(AwsCaller.Patience);
            var answer = await caller.SendAsync(WireProtocol.Json, Operation, WireCodec.Encode(WireProtocol.Json, Input), null, timeout.Token);
            return answer.Status == HttpStatusCode.OK || (int)answer.Status >= 500 || answer.Error == "ResourceInUseException"
                ? answer.Status == HttpStatusCode.OK
                : throw new InvalidOperationException($"{Operation} was refused: {(int)answer.Status} {answer.Error} {answer.Message}");
        }
        catch (Exception exception) when (AwsCaller.IsDisconnect(exception))
        {
            return false;
        }
    }

    /// <summary>Splits a shard in the middle, or merges two neighbours where there are many.</summary>
    public static async Task<AwsChange> ReshardAsync(AwsCaller caller, string stream, Random random)
    {
        var open = (await AwsReading.ShardsAsync(caller, stream)).FindAll(IsOpen).OrderBy(shard => Hash(shard, "StartingHashKey")).ToArray();
        var i = random.Next(open.Length - 1);
        if (open.Length > 3)
        {
            return new AwsChange("MergeShards", new Dictionary<string, object?>
            {
                ["StreamName"] = stream,
                ["ShardToMerge"] = open[i]["ShardId"],
                ["AdjacentShardToMerge"] = open[i + 1]["ShardId"],
            }, shards => Closed(shards, open[i]) ?? Closed(shards, open[i + 1]));
        }

        var (start, end) = (Hash(open[i], "StartingHashKey"), Hash(open[i], "EndingHashKey"));
        return new AwsChange("SplitShard", new Dictionary<string, object?>
        {
            ["StreamName"] = stream,
            ["ShardToSplit"] = open[i]["ShardId"],
            ["NewStartingHashKey"] = (start + ((end - start) / 2) + 1).ToString(CultureInfo.InvariantCulture),
        }, shards => Closed(shards, open[i]));
    }

    /// <summary>Another number of shards, 2 to 4: several splits and merges in one operation.</summary>
    public static async Task<AwsChange> RescaleAsync(AwsCaller caller, string stream, Random random)
    {
        var count = (await AwsReading.ShardsAsync(caller, stream)).Count(IsOpen);
        var target = 2 + ((count - 1 + random.Next(2)) % 3);
        return new AwsChange("UpdateShardCount", new Dictionary<string, object?>
        {
            ["StreamName"] = stream,
            ["TargetShardCount"] = target,
            ["ScalingType"] = "UNIFORM_SCALING",
        }, shards => shards.Count(IsOpen) is var now && now == target ? null : $"{stream} has {now} open shards, and was to get {target}");
    }

    private static bool IsOpen(IDictionary<string, object?> shard) =>
        !((IDictionary<string, object?>)shard["SequenceNumberRange"]!).ContainsKey("EndingSequenceNumber");

    private static UInt128 Hash(IDictionary<string, object?> shard, string end) =>
        UInt128.Parse((string)((IDictionary<string, object?>)shard["HashKeyRange"]!)[end]!, CultureInfo.InvariantCulture);

    private static string? Closed(List<IDictionary<string, object?>> shards, IDictionary<string, object?> shard) =>
        shards.Find(other => (string)other["ShardId"]! == (string)shard["ShardId"]!) is { } found && IsOpen(found) ? $"{shard["ShardId"]} is open still" : null;
}
