using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Broker.Tests.Harness;
using Broker.Tests.Harness.Wire;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Fault.Aws;

/// <summary>
/// kill -9 of the real process under AWS clients that retry as SDKs do: what was acknowledged is there once, at the sequence number that was
/// acknowledged, and what a client gave up on is there once or not at all; across splits, merges, automatic splits, and encrypted.
/// </summary>
/// <remarks>
/// BROKER_KILL_ROUNDS sets the rounds (5 by default; scripts/kill runs 100), BROKER_KILL_SEED repeats a run. Each round reads everything, so
/// after some rounds a new broker takes over.
/// </remarks>
public sealed class AwsKillTests(ITestOutputHelper output)
{
    private const int MostRounds = 20;

    private static readonly WireProtocol[] Protocols = [WireProtocol.Json, WireProtocol.AwsCbor];

    [Fact]
    public async Task EveryAcknowledgedRecordIsThereOnceAfterKills()
    {
        var rounds = Setting("BROKER_KILL_ROUNDS", 5);
        var seed = Setting("BROKER_KILL_SEED", Environment.TickCount);
        output.WriteLine($"seed {seed}, {rounds} rounds");
        var random = new Random(seed);
        for (; rounds > 0; rounds -= MostRounds)
        {
            await RunAsync(Math.Min(rounds, MostRounds), random);
        }
    }

    private async Task RunAsync(int rounds, Random random)
    {
        using var broker = new BrokerProcess(
            "--limits", "unlimited", "--Broker:Limits:SubscriptionTakeoverAfter=00:00:00",
            "--Broker:OnDemand:HotBytesPerSecond=1000", "--Broker:OnDemand:HotRecordsPerSecond=4", "--Broker:OnDemand:HotFor=00:00:00",
            "--Broker:OnDemand:ColdBytesPerSecond=0", "--Broker:OnDemand:ColdRecordsPerSecond=0",
            "--Broker:OnDemand:MinShardAge=00:00:00", "--Broker:OnDemand:MaxShards=16");
        await broker.StartAsync();
        using var http1 = new AwsCaller(broker.Endpoint, HttpVersion.Version11);
        using var http2 = new AwsCaller(broker.Endpoint, HttpVersion.Version20);
        AwsSubject plain = new("plain", false, new Ledger(), []), @sealed = new("sealed", true, new Ledger(), []);
        plain = plain with
        {
            Writers =
            [
                (Writer("plain0", plain, WireProtocol.Json, 60), http1),
                (Writer("plain1", plain, WireProtocol.AwsCbor, 1), http1),
                (Writer("plain2", plain, WireProtocol.AwsCbor, 60, givesUp: true), http2),
            ],
        };
        @sealed = @sealed with
        {
            Writers = [(Writer("sealed0", @sealed, WireProtocol.AwsCbor, 60), http2), (Writer("sealed1", @sealed, WireProtocol.Json, 1), http1)],
        };
        await plain.CreateAsync(http1, 2);
        await @sealed.CreateAsync(http1, 2);

        using var end = new CancellationTokenSource();
        var live = await @sealed.FollowAsync(http2, "live", WireProtocol.AwsCbor);
        var following = live.RunAsync(end.Token);
        var splits = 0;
        AwsSubject[] subjects = [];
        for (var round = 0; round < rounds; round++)
        {
            // A new stream splits its shards by itself after a second of load, which is about when it is killed.
            subjects = [plain, @sealed, await DemandAsync(round)];
            var watch = Stopwatch.StartNew();
            var changes = await LoadAndKillAsync(broker, http1, subjects, random, untilSplit: round == rounds - 1 && splits == 0);
            var killed = watch.Elapsed;
            foreach (var (subject, change) in changes)
            {
                await subject.WaitUntilActiveAsync(http1);
                var fault = change?.Effect(await AwsReading.ShardsAsync(http1, subject.Stream));
                Assert.True(fault is null, $"{change?.Operation} was accepted, and after the kill {fault}.\n{broker.Output}");
            }

            foreach (var subject in subjects)
            {
                var read = await AwsReading.AllAsync(round % 2 == 0 ? http1 : http2, Protocols[round % 2], subject.Stream, subject.IsEncrypted);
                AssertSound(subject, read, broker);
                if (subject == @sealed)
                {
                    Assert.Empty(live.Read.Except(read));
                }
            }

            splits += ((await AwsReading.ShardsAsync(http1, subjects[2].Stream)).Count - 4) / 2;
            output.WriteLine(
                $"round {round}: {string.Join(", ", subjects.Select(subject => $"{subject.Stream} {subject.Ledger.AcknowledgedCount}"))} acknowledged, "
                + $"{splits} automatic splits, accepted {string.Join(", ", changes.Select(change => change.Change?.Operation ?? "none"))}, "
                + $"{killed.TotalSeconds:F1} s of load and restart, {(watch.Elapsed - killed).TotalSeconds:F1} s of reading");
        }

        // What clients gave up on may be on its way still; after another kill nothing is.
        await broker.KillAsync();
        await broker.StartAsync();
        var all = await CheckEveryWayAsync(subjects, http1, http2, broker);
        await Task.WhenAny(live.ReachAsync(all[@sealed].Count), following).WaitAsync(AwsCaller.Patience);
        await end.CancelAsync();
        await following;
        AssertSound(@sealed, live.Read, broker);
        AssertSame(all[@sealed], live.Read);
        Assert.True(live.Broken >= rounds, $"the live subscriptions broke {live.Broken} times in {rounds} kills");
        var writers = subjects.SelectMany(subject => subject.Writers).Select(writer => writer.Writer).ToList();
        output.WriteLine(string.Join('\n', writers.Select(writer => $"{writer.Name}: {writer.RepeatedCalls} calls repeated, {writer.RecordsSentAnew} records sent anew")));
        Assert.All(writers, writer => Assert.True(writer.RepeatedCalls > 0, $"{writer.Name} never repeated a call"));
        Assert.All(writers, writer => Assert.Equal(0, writer.RecordsSentAnew));
        Assert.True(splits > 0, "no shard of the ON_DEMAND stream was split by itself");
        Assert.Equal(0, await broker.TerminateAsync(TimeSpan.FromSeconds(15)));
        Assert.True(IsOnDisk(broker.DataDirectory, "plain0|plain0-"), "records that are not encrypted are not found on the disk, so nothing follows from the next line");
        Assert.False(IsOnDisk(broker.DataDirectory, "sealed0|sealed0-"), "records of the encrypted stream are on the disk in the clear");

        async Task<AwsSubject> DemandAsync(int round)
        {
            var demand = new AwsSubject($"demand-{round}", false, new Ledger(), []);
            await demand.CreateAsync(http1, null);
            return demand with
            {
                Writers = [(Writer("demand0", demand, WireProtocol.Json, 100), http2), (Writer("demand1", demand, WireProtocol.AwsCbor, 100), http1)],
            };
        }

        AwsWriter Writer(string name, AwsSubject subject, WireProtocol protocol, int records, bool givesUp = false) =>
            new(name, subject.Stream, subject.Ledger, random.Next(), new AwsWriterKind(protocol, records, givesUp));
    }

    /// <summary>Load, changes and a kill in the middle of both; then the restart, and the ends of all calls under way.</summary>
    /// <returns>Each stream, and the change that was accepted for it.</returns>
    private static async Task<(AwsSubject Subject, AwsChange? Change)[]> LoadAndKillAsync(
        BrokerProcess broker, AwsCaller caller, AwsSubject[] subjects, Random random, bool untilSplit)
    {
        using var stop = new CancellationTokenSource();
        var writing = subjects.SelectMany(subject => subject.Writers).Select(writer => Task.Run(() => writer.Writer.RunAsync(writer.Caller, stop.Token))).ToList();
        await Task.Delay(random.Next(900, 1500));
        if (untilSplit)
        {
            await UntilSplitAsync(caller, subjects[2]);
        }

        var reshard = await AwsChange.ReshardAsync(caller, subjects[0].Stream, random);
        var rescale = await AwsChange.RescaleAsync(caller, subjects[1].Stream, random);
        var asking = new[] { reshard.AskOnceAsync(caller), rescale.AskOnceAsync(caller) };
        await Task.Delay(random.Next(0, 300));
        await broker.KillAsync();
        var accepted = await Task.WhenAll(asking);
        await broker.StartAsync();
        await stop.CancelAsync();
        await Task.WhenAll(writing);
        return [(subjects[0], accepted[0] ? reshard : null), (subjects[1], accepted[1] ? rescale : null), (subjects[2], null)];
    }

    private static async Task UntilSplitAsync(AwsCaller caller, AwsSubject subject)
    {
        var until = DateTime.UtcNow + AwsCaller.Patience;
        while ((await AwsReading.ShardsAsync(caller, subject.Stream)).Count == 4)
        {
            Assert.True(DateTime.UtcNow < until, $"no shard of {subject.Stream} was split within {AwsCaller.Patience}");
            await Task.Delay(20);
        }
    }

    /// <summary>GetRecords and SubscribeToShard, in JSON and in CBOR, tell the same records in the same order.</summary>
    private static async Task<Dictionary<AwsSubject, List<ReadRecord>>> CheckEveryWayAsync(
        AwsSubject[] subjects, AwsCaller http1, AwsCaller http2, BrokerProcess broker)
    {
        var all = new Dictionary<AwsSubject, List<ReadRecord>>();
        foreach (var subject in subjects)
        {
            all[subject] = await AwsReading.AllAsync(http1, WireProtocol.Json, subject.Stream, subject.IsEncrypted);
            AssertSound(subject, all[subject], broker);
            AssertSame(all[subject], await AwsReading.AllAsync(http2, WireProtocol.AwsCbor, subject.Stream, subject.IsEncrypted));
            foreach (var protocol in Protocols)
            {
                using var end = new CancellationTokenSource(AwsCaller.Patience);
                var follower = await subject.FollowAsync(protocol == WireProtocol.Json ? http1 : http2, $"{protocol}", protocol);
                var following = follower.RunAsync(end.Token);
                await Task.WhenAny(follower.ReachAsync(all[subject].Count), following);
                await end.CancelAsync();
                await following;
                AssertSound(subject, follower.Read, broker);
                AssertSame(all[subject], follower.Read);
            }
        }

        return all;
    }

    private static void AssertSound(AwsSubject subject, List<ReadRecord> read, BrokerProcess broker)
    {
        var faults = subject.Check(read);
        Assert.True(faults.Count == 0, $"{subject.Stream}: {faults.Count} faults:\n{string.Join('\n', faults.Take(20))}\n{broker.Output}");
    }

    /// <summary>The same records in the same order in each shard.</summary>
    private static void AssertSame(List<ReadRecord> expected, List<ReadRecord> read) =>
        Assert.Equal(expected.OrderBy(record => record.Shard, StringComparer.Ordinal), read.OrderBy(record => record.Shard, StringComparer.Ordinal));

    private static bool IsOnDisk(string directory, string text)
    {
        var wanted = Encoding.UTF8.GetBytes(text);
        return Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any(path => File.ReadAllBytes(path).AsSpan().IndexOf(wanted) >= 0);
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
