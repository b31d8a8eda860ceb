using System.Net;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>
/// Follows a stream by SubscribeToShard from its beginning, from shard to shard as events name children. A subscription that breaks is opened again
/// after the last ContinuationSequenceNumber, so it outlives the broker.
/// </summary>
public sealed class AwsFollower(AwsCaller caller, WireProtocol protocol, string stream, string consumerArn, bool isEncrypted = false)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly Lock sync = new();
    private readonly List<ReadRecord> read = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> awaited = [];
    private AwsLineage? lineage;

    /// <summary>What was read so far, in the order in which it came.</summary>
    public List<ReadRecord> Read
    {
        get
        {
            lock (sync)
            {
                return [.. read];
            }
        }
    }

    /// <summary>Subscriptions that broke.</summary>
    public int Broken { get; private set; }

    /// <summary>Completes when so many records were read.</summary>
    public Task ReachAsync(int count)
    {
        lock (sync)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (read.Count >= count)
            {
                reached.SetResult();
            }
            else
            {
                awaited.Add((count, reached));
            }

            return reached.Task;
        }
    }

    /// <summary>Follows until stopped; fails with what no broken connection explains.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var first = await AwsReading.FirstShardsAsync(caller, stream);
        lineage = new AwsLineage(first);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await FollowAllAsync(first, failed);
    }

    private async Task FollowAllAsync(List<string> shards, CancellationTokenSource stop) => await Task.WhenAll(shards.Select(async shard =>
    {
        try
        {
            await FollowAllAsync(await FollowAsync(shard, stop.Token), stop);
        }
        catch
        {
            // One fault ends all: the test tells it, instead of waiting for what cannot come.
            await stop.CancelAsync();
            throw;
        }
    }));

    /// <returns>The shards to go on with; none when stopped.</returns>
    private async Task<List<string>> FollowAsync(string shard, CancellationToken stop)
    {
        string? after = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var position = new Dictionary<string, object?> { ["Type"] = after is null ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER" };
                if (after is not null)
                {
                    position["SequenceNumber"] = after;
                }

                using var answer = await caller.SubscribeAsync(protocol, new Dictionary<string, object?>
                {
                    ["ConsumerARN"] = consumerArn,
                    ["ShardId"] = shard,
                    ["StartingPosition"] = position,
                }, stop);
                if ((int)answer.StatusCode < 500)
                {
                    await using var events = await answer.Content.ReadAsStreamAsync(stop);
                    await DemandOpenAsync(answer, events, shard, stop);
                    while (await EventFrame.ReadAsync(events, stop) is { } frame)
                    {
                        var page = Decode(frame, shard);
                        if (Take(shard, page) is { } children)
                        {
                            return children;
                        }

                        after = (string)page["ContinuationSequenceNumber"]!;
                    }
                }
            }
            catch (Exception exception) when (AwsCaller.IsDisconnect(exception))
            {
            }

            Broken++;
            await Task.Delay(Pause, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return [];
    }

    private async Task DemandOpenAsync(HttpResponseMessage answer, Stream events, string shard, CancellationToken stop)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            using var body = new StreamReader(events);
            throw new InvalidOperationException($"SubscribeToShard of {shard} was refused: {(int)answer.StatusCode} {await body.ReadToEndAsync(stop)}");
        }

        if (await EventFrame.ReadAsync(events, stop) is { } first && first.Type != "initial-response")
        {
            throw new InvalidDataException($"The first frame of {shard} is {first.Type}, not initial-response.");
        }
    }

    private IDictionary<string, object?> Decode(EventFrame frame, string shard)
    {
        var page = (IDictionary<string, object?>)WireCodec.Decode(protocol, frame.Payload)!;
        return frame.Type == "SubscribeToShardEvent"
            ? page
            : throw new InvalidOperationException($"The subscription to {shard} ended with {frame.Type}: {page.Values.FirstOrDefault()}");
    }

    /// <returns>The shards to go on with where this one ended; else null.</returns>
    private List<string>? Take(string shard, IDictionary<string, object?> page)
    {
        lock (sync)
        {
            read.AddRange(((List<object?>)page["Records"]!).Select(record => AwsRecords.Read(record, protocol, shard, isEncrypted)));
            foreach (var (_, reached) in awaited.FindAll(waiting => waiting.Count <= read.Count))
            {
                reached.TrySetResult();
            }

            var children = AwsRecords.Children(page);
            return children.Count == 0 ? null : lineage!.End(shard, children);
        }
    }
}
