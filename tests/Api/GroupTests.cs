using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>Consumer groups over the real process: shared shards, checkpoints that last, take-over, children after parents.</summary>
[Collection("api")]
public sealed class GroupTests(ApiFixture api)
{
    private static readonly TimeSpan Failover = TimeSpan.FromSeconds(2);
    private readonly ApplicationService.ApplicationServiceClient applications = new(api.Channel);

    [Fact]
    public async Task AWorkerIsPushedEveryRecordAndItsCheckpointsOutliveIt()
    {
        var (stream, application) = await CreateAsync(shards: 2);
        await PutAsync(stream, 0, 20);
        using (var first = await JoinAsync(stream, application, "w1"))
        {
            await ReceivedAsync(first, 20);
            await first.GoodbyeAsync();
        }

        await PutAsync(stream, 20, 40);
        using var second = await JoinAsync(stream, application, "w2");
        await ReceivedAsync(second, 20);
        Assert.Equal(Texts(20, 40), second.Records.Select(record => record.Text).Order());
        Assert.All(second.Granted, lease => Assert.Equal(LeaseCheckpointType.SequenceNumber, lease.Checkpoint.Type));
        await second.GoodbyeAsync();
    }

    [Fact]
    public async Task LatestIsFixedBeforeAnythingIsPushed()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 5);
        var latest = new ConsumeJoin { ApplicationName = application, StreamNames = { stream }, WorkerId = "w", FailoverTime = Duration.FromTimeSpan(Failover) };
        using (var first = await GroupWorker.JoinAsync(applications, latest, checkpoints: false))
        {
            await Eventually.HoldsAsync(() => !first.Leases.IsEmpty, "a lease is granted", first.Running);
        }

        await PutAsync(stream, 5, 10);
        using var second = await GroupWorker.JoinAsync(applications, latest);
        await ReceivedAsync(second, 5);
        Assert.Equal(Texts(5, 10), second.Records.Select(record => record.Text));
    }

    [Fact]
    public async Task TwoWorkersShareTheShardsAndTheOtherTakesOverFromOneThatDies()
    {
        var (stream, application) = await CreateAsync(shards: 4);
        using var first = await JoinAsync(stream, application, "w1");
        await Eventually.HoldsAsync(() => first.Leases.Count == 4, "the first has all shards", first.Running);
        using var second = await JoinAsync(stream, application, "w2");
        await Eventually.HoldsAsync(() => first.Leases.Count == 2 && second.Leases.Count == 2, "they have two shards each", second.Running);
        Assert.Empty(first.Shards.Intersect(second.Shards));
        await PutAsync(stream, 0, 40);
        await Eventually.HoldsAsync(() => first.Records.Count + second.Records.Count == 40, "all records came", first.Running);
        await Eventually.HoldsAsync(() => !first.Answers.IsEmpty || first.Records.IsEmpty, "its checkpoints are answered");

        // Without a goodbye.
        var died = TimeProvider.System.GetTimestamp();
        first.Dispose();
        await Eventually.HoldsAsync(() => second.Leases.Count == 4, "the second has all shards", second.Running);
        Assert.True(TimeProvider.System.GetElapsedTime(died) >= Failover / 2, "the leases were not left to it for its fail-over time");
        await PutAsync(stream, 40, 60);
        await Eventually.HoldsAsync(() => Texts(40, 60).All(text => second.Records.Any(record => record.Text == text)), "the second goes on", second.Running);
    }

    [Fact]
    public async Task WorkersThatJoinAtOnceShareTheShardsAtOnce()
    {
        var (stream, application) = await CreateAsync(shards: 8);
        var workers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
        {
            // So long that a lease which is not handed over stays for all the test.
            var join = Join(stream, application, $"w{i}");
            join.HandOverTime = Duration.FromTimeSpan(TimeSpan.FromMinutes(10));
            return GroupWorker.JoinAsync(applications, join);
        }));
        await Eventually.HoldsAsync(() => Array.TrueForAll(workers, worker => worker.Leases.Count == 2), "they have two shards each", workers[0].Running);
        await Task.WhenAll(workers.Select(worker => worker.GoodbyeAsync()));
        Array.ForEach(workers, worker => worker.Dispose());
    }

    [Fact]
    public async Task AWorkerThatSaysNothingLosesItsLeasesThoughItsCallStands()
    {
        var (stream, application) = await CreateAsync();
        using var silent = await JoinAsync(stream, application, "w1");
        await Eventually.HoldsAsync(() => !silent.Leases.IsEmpty, "the first has the shard", silent.Running);
        using var other = await JoinAsync(stream, application, "w2");
        await silent.FallSilentAsync();
        await Eventually.HoldsAsync(() => !other.Leases.IsEmpty, "the other has it", other.Running);
        await ApiFixture.FailsAsync("UNAVAILABLE", () => silent.Running, "w1");
    }

    [Fact]
    public async Task AGoodbyeGivesTheLeasesAwayAtOnceAndAReconnectKeepsThem()
    {
        var (stream, application) = await CreateAsync();
        using var other = await JoinAsync(stream, application, "w2", maxLeases: 1);
        await Eventually.HoldsAsync(() => !other.Leases.IsEmpty, "the other has the shard", other.Running);
        using var spare = await JoinAsync(stream, application, "w1");
        await other.GoodbyeAsync();
        await Eventually.HoldsAsync(() => !spare.Leases.IsEmpty, "the spare has the shard", spare.Running);
        var counter = spare.Granted.Last().LeaseCounter;
        using var again = await JoinAsync(stream, application, "w1");
        await Eventually.HoldsAsync(() => !again.Leases.IsEmpty, "it has its shard again", again.Running);
        Assert.Equal(counter + 1, again.Granted.Last().LeaseCounter);
        await ApiFixture.FailsAsync("RESOURCE_IN_USE", () => spare.Running, "w1");
    }

    [Fact]
    public async Task AZombiesCheckpointIsRefused()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 3);
        using var holder = await JoinAsync(stream, application, "w1", checkpoints: false);
        await ReceivedAsync(holder, 3);
        using var other = await JoinAsync(stream, application, "w2", checkpoints: false);
        var id = holder.Leases.Keys.Single();
        await holder.SendAsync(new ConsumeRequest { Release = new ConsumeRelease { LeaseId = id } });
        await Eventually.HoldsAsync(() => !other.Leases.IsEmpty || holder.Granted.Count > 1, "it is granted anew", other.Running);
        var late = await holder.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, SequenceNumber = holder.Records.Last().Number });
        Assert.Equal("LEASE_LOST", late.ErrorCode);
        var described = await DescribeAsync(application);
        Assert.Equal((LeaseCheckpointType.TrimHorizon, 3), (described.Leases.Single().Checkpoint.Type, described.Leases.Single().RecordsBehind));
    }

    [Fact]
    public async Task CheckpointsThatCannotBeAreRefusedAndPartsOfARecordAreKept()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 3);
        using var worker = await JoinAsync(stream, application, "w1", checkpoints: false);
        await ReceivedAsync(worker, 3);
        var id = worker.Leases.Keys.Single();
        var numbers = worker.Records.Select(record => record.Number).ToArray();
        Assert.Equal("INVALID_ARGUMENT", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, SequenceNumber = "17" })).ErrorCode);
        Assert.Equal("INVALID_ARGUMENT", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, ShardEnd = true })).ErrorCode);
        Assert.Equal("", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, SequenceNumber = numbers[1], SubSequenceNumber = 4 })).ErrorCode);
        Assert.Equal("INVALID_ARGUMENT", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, SequenceNumber = numbers[0] })).ErrorCode);
        Assert.Equal("", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = id, SequenceNumber = numbers[2], Pending = true })).ErrorCode);
        await worker.GoodbyeAsync();
        using var next = await JoinAsync(stream, application, "w2");
        await ReceivedAsync(next, 2);
        Assert.Equal(numbers[1..], next.Records.Select(record => record.Number));
        var granted = next.Granted.Single();
        Assert.Equal((numbers[1], 4UL, numbers[2]), (granted.Checkpoint.SequenceNumber, granted.Checkpoint.SubSequenceNumber, granted.PendingCheckpoint.SequenceNumber));
    }

    [Fact]
    public async Task ChildrenAreGrantedAfterTheirParentIsFinished()
    {
        var (stream, application) = await CreateAsync();
        using var worker = await JoinAsync(stream, application, "w1", checkpoints: false);
        await PutAsync(stream, 0, 10);
        await ReceivedAsync(worker, 10);
        await api.Streams.SplitShardAsync(new SplitShardRequest
        {
            StreamName = stream,
            ShardToSplit = "shardId-000000000000",
            NewStartingHashKey = "170141183460469231731687303715884105728",
        });
        await api.ActiveAsync(stream);
        await Eventually.HoldsAsync(() => worker.Ended.Count == 1, "the parent has ended", worker.Running);
        await PutAsync(stream, 10, 30);
        Assert.Single(worker.Granted);
        Assert.Equal("", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = worker.Ended.Single(), ShardEnd = true })).ErrorCode);
        await ReceivedAsync(worker, 30);
        Assert.Equal(3, worker.Granted.Count);
        Assert.All(worker.Granted.Skip(1), lease => Assert.Equal(["shardId-000000000000"], lease.ParentShards));
        Assert.Equal(Texts(0, 30).Order(), worker.Records.Select(record => record.Text).Order());
        Assert.DoesNotContain((await DescribeAsync(application)).Leases, lease => lease.ShardId == "shardId-000000000000");
    }

    [Fact]
    public async Task NothingIsPushedBeyondTheCredit()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 1, bytes: 100_000);
        var join = new ConsumeJoin
        {
            ApplicationName = application,
            StreamNames = { stream },
            WorkerId = "w",
            InitialPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            CreditBytes = 1,
        };
        using var worker = await GroupWorker.JoinAsync(applications, join, checkpoints: false);
        await ReceivedAsync(worker, 1);
        await PutAsync(stream, 1, 2);
        await Task.Delay(500); // That nothing comes can only be waited for.
        Assert.Single(worker.Records);
        await worker.SendAsync(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = 1_000_000 } });
        await ReceivedAsync(worker, 2);
    }

    [Fact]
    public async Task ShardsThatAreNotProcessedDoNotHoldUpOthers()
    {
        // More than a gateway reads the history of at once.
        const int Shards = 12;
        var (stream, application) = await CreateAsync(Shards);
        await PutAsync(stream, 0, 400);
        var join = Join(stream, application, "w");
        join.LeaseCreditBytes = 1;
        using var worker = await GroupWorker.JoinAsync(applications, join, checkpoints: false);
        await Eventually.HoldsAsync(() => worker.Records.Select(record => record.Shard).Distinct().Count() == Shards, "every shard brought a message", worker.Running);
        await PutAsync(stream, 400, 800);
        var lease = worker.Granted.Last();
        var before = worker.Records.Count(record => record.Shard == lease.ShardId);
        await worker.SendAsync(new ConsumeRequest { Credit = new ConsumeCredit { Bytes = 1_000_000, LeaseId = lease.LeaseId } });
        await Eventually.HoldsAsync(() => worker.Records.Count(record => record.Shard == lease.ShardId) > before, "the shard with credit brings more", worker.Running);
        Assert.All(
            worker.Records.Select(record => record.Shard).Distinct().Where(shard => shard != lease.ShardId),
            shard => Assert.All(worker.Records.Where(record => record.Shard == shard), record => Assert.True(int.Parse(record.Text, null) < 400, record.Text)));
    }

    [Fact]
    public async Task AnApplicationIsDescribedRewoundAndDeleted()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 5);
        using (var worker = await JoinAsync(stream, application, "w1"))
        {
            await ReceivedAsync(worker, 5);
            var described = await DescribeAsync(application);
            Assert.Equal(("w1", 1), (described.Workers.Single().WorkerId, described.Workers.Single().LeaseCount));
            Assert.Equal((stream, "w1"), (described.Leases.Single().StreamName, described.Leases.Single().WorkerId));
            var reset = new ResetApplicationRequest { ApplicationName = application, Position = new StartingPosition { Type = ShardIteratorType.TrimHorizon } };
            await ApiFixture.FailsAsync("RESOURCE_IN_USE", async () => await applications.ResetApplicationAsync(reset), application);
            reset.Force = true;
            await applications.ResetApplicationAsync(reset);
            await Eventually.HoldsAsync(() => worker.Records.Count == 10, "everything comes again", worker.Running);
            await worker.GoodbyeAsync();
        }

        var listed = await applications.ListApplicationsAsync(new ListApplicationsRequest { Limit = 1_000 });
        Assert.Contains(listed.Applications, entry => entry.ApplicationName == application && entry.StreamNames.Single() == stream);
        Assert.Equal(0, (await DescribeAsync(application)).Leases.Single().RecordsBehind);
        await applications.DeleteApplicationAsync(new DeleteApplicationRequest { ApplicationName = application });
        await ApiFixture.FailsAsync("RESOURCE_NOT_FOUND", async () => await DescribeAsync(application), application);
    }

    [Fact]
    public async Task BadJoinsAreRefused()
    {
        var (stream, _) = await CreateAsync();
        await Refused("INVALID_ARGUMENT", new ConsumeJoin { ApplicationName = "a", StreamNames = { stream } }, "application_name");
        await Refused("INVALID_ARGUMENT", new ConsumeJoin { ApplicationName = "abc" }, "stream_names");
        await Refused("INVALID_ARGUMENT", new ConsumeJoin { ApplicationName = "abc", StreamNames = { stream }, WorkerId = "not a worker" }, "worker_id");
        await Refused("INVALID_ARGUMENT", new ConsumeJoin { ApplicationName = "abc", StreamNames = { stream }, FailoverTime = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) }, "failover_time");
        await Refused("INVALID_ARGUMENT", new ConsumeJoin { ApplicationName = "abc", StreamNames = { stream }, InitialPosition = new StartingPosition { Type = ShardIteratorType.AtSequenceNumber } }, "initial_position");
        await Refused("RESOURCE_NOT_FOUND", new ConsumeJoin { ApplicationName = "abc", StreamNames = { "there-is-none" } }, "there-is-none");

        async Task Refused(string reason, ConsumeJoin join, string inMessage)
        {
            using var call = applications.Consume();
            await call.RequestStream.WriteAsync(new ConsumeRequest { Join = join });
            await ApiFixture.FailsAsync(reason, () => call.ResponseStream.MoveNext(CancellationToken.None), inMessage);
        }
    }

    [Fact]
    public async Task AfterAKillOfTheBrokerItGoesOnFromTheCheckpoint()
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        const string Stream = "killed", Application = "survivor";
        using (var channel = broker.Connect())
        {
            var streams = new StreamService.StreamServiceClient(channel);
            await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = Stream, ShardCount = 1, Mode = StreamMode.OnDemand });
            await BrokerProcess.WaitUntilActiveAsync(streams, Stream);
            await PutAsync(new RecordService.RecordServiceClient(channel), Stream, 0, 10);
            using var worker = await GroupWorker.JoinAsync(new ApplicationService.ApplicationServiceClient(channel), Join(Stream, Application, "w1"), checkpoints: false);
            await ReceivedAsync(worker, 10);
            var fifth = worker.Records.ElementAt(4).Number;
            Assert.Equal("", (await worker.CheckpointAsync(new ConsumeCheckpoint { LeaseId = worker.Leases.Keys.Single(), SequenceNumber = fifth })).ErrorCode);
            await broker.KillAsync();
            await Assert.ThrowsAsync<RpcException>(() => worker.Running);
        }

        await broker.StartAsync();
        using var again = broker.Connect();
        using var same = await GroupWorker.JoinAsync(new ApplicationService.ApplicationServiceClient(again), Join(Stream, Application, "w1"));
        await ReceivedAsync(same, 5);
        Assert.Equal(Texts(5, 10), same.Records.Select(record => record.Text));
    }

    [Fact]
    public async Task TheCommandsConsumeGoOnAndTell()
    {
        var (stream, application) = await CreateAsync();
        await PutAsync(stream, 0, 7);
        Assert.Equal(0, await RunAsync("consume", application, stream, "--from", "trim-horizon", "--count", "3", "-o", "json"));
        Assert.Equal(4, (await DescribeAsync(application)).Leases.Single().RecordsBehind);
        Assert.Equal(0, await RunAsync("consume", application, stream, "--count", "4"));
        Assert.Equal(0, (await DescribeAsync(application)).Leases.Single().RecordsBehind);
        Assert.Equal(0, await RunAsync("app", "describe", application));
        Assert.Equal(0, await RunAsync("app", "reset", application, "--to", "trim-horizon"));
        Assert.Equal(0, await RunAsync("consume", application, stream, "--count", "7"));
        Assert.Equal(0, await RunAsync("app", "delete", application));
        Assert.Equal(1, await RunAsync("app", "describe", application));
        Assert.Contains($"broker: RESOURCE_NOT_FOUND: Application {application} under account 000000000000 not found. ('broker app list'", api.Broker.Output, StringComparison.Ordinal);
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var command = api.Broker.Launch([.. arguments, "--endpoint", api.Broker.Endpoint]);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await command.WaitForExitAsync(timeout.Token);
        return command.ExitCode;
    }

    private static ConsumeJoin Join(string stream, string application, string worker, int maxLeases = 0) => new()
    {
        ApplicationName = application,
        StreamNames = { stream },
        WorkerId = worker,
        MaxLeases = maxLeases,
        InitialPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        FailoverTime = Duration.FromTimeSpan(Failover),
    };

    private static Task ReceivedAsync(GroupWorker worker, int count) =>
        Eventually.HoldsAsync(() => worker.Records.Count >= count, $"{count} records came", worker.Running);

    private static IEnumerable<string> Texts(int from, int to) => Enumerable.Range(from, to - from).Select(i => $"{i:D3}");

    private static async Task PutAsync(RecordService.RecordServiceClient records, string stream, int from, int to, int bytes = 0)
    {
        var request = new PutRecordsRequest { StreamName = stream };
        request.Records.AddRange(Texts(from, to).Select(text => new PutRecordsEntry
        {
            PartitionKey = text,
            Data = ByteString.CopyFromUtf8(text.PadRight(bytes)),
        }));
        Assert.Equal(0, (await records.PutRecordsAsync(request)).FailedRecordCount);
    }

    private Task PutAsync(string stream, int from, int to, int bytes = 0) => PutAsync(api.Records, stream, from, to, bytes);

    private async Task<(string Stream, string Application)> CreateAsync(int shards = 1)
    {
        var stream = await api.CreateAsync(shards);
        return (stream, $"app-{stream}");
    }

    private Task<GroupWorker> JoinAsync(string stream, string application, string worker, int maxLeases = 0, bool checkpoints = true) =>
        GroupWorker.JoinAsync(applications, Join(stream, application, worker, maxLeases), checkpoints);

    private async Task<DescribeApplicationResponse> DescribeAsync(string application) =>
        await applications.DescribeApplicationAsync(new DescribeApplicationRequest { ApplicationName = application });
}
