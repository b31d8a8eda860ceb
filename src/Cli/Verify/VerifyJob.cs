using Broker.Cli.Client;

namespace Broker.Cli.Verify;

/// <summary>Puts numbered records and reads them back by polling and by push, whatever happens to the broker meanwhile, and once more in the end.</summary>
internal sealed class VerifyJob(BrokerEndpoint endpoint, string stream, VerifyOptions options, TimeProvider time)
{
    private static readonly TimeSpan ForEver = TimeSpan.FromDays(365);
    private readonly string run = Guid.NewGuid().ToString("N")[..12];
    private long interruptions;

    public VerifyLedger Ledger { get; } = new(["poll", "push"], time);

    /// <summary>Runs to the verdict; <paramref name="stop"/> ends the putting early.</summary>
    public async Task<VerifyReport> RunAsync(CancellationToken stop, CancellationToken cancellation)
    {
        using var connection = BrokerConnection.Open(endpoint);
        using var readingStop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var puttingStop = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellation);
        var connections = new List<BrokerConnection>();
        var sessions = new List<ProducerSession>();
        Task[] reading = [];
        try
        {
            for (var i = 0; i < options.Producers; i++)
            {
                connections.Add(BrokerConnection.Open(endpoint));
                sessions.Add(await ProducerSession.OpenAsync(
                    connections[i].Invoker, stream, Producing, cancellation));
            }

            reading =
            [
                Reader(0, new PollShardSource(connection, stream, time)).RunAsync(readingStop.Token),
                Reader(1, new PushShardSource(connection, stream)).RunAsync(readingStop.Token),
            ];
            puttingStop.CancelAfter(options.Duration);
            var putting = Task.WhenAll(sessions.Select((session, index) =>
                new VerifyProducer(index, run, options, Ledger, time).RunAsync(session, Share(index), puttingStop.Token, cancellation)));
            await FirstFaultOrAll(putting, reading);
            await CatchUpAsync(Ledger, reading, options.Patience, time, cancellation);
            Ledger.ReadAgain();
            await Reader(VerifyLedger.Again, new PollShardSource(connection, stream, time), toTheEnd: true).RunAsync(cancellation);
            await CatchUpAsync(Ledger, reading, options.Patience, time, cancellation);
        }
        finally
        {
            await readingStop.CancelAsync();
            await Task.WhenAll(reading).ContinueWith(static all => all.Exception, TaskScheduler.Default);
            foreach (var session in sessions)
            {
                await session.DisposeAsync();
            }

            connections.ForEach(open => open.Dispose());
        }

        return Ledger.Report(stream, Interlocked.Read(ref interruptions));
    }

    private ProducerOptions Producing => new()
    {
        MaxInFlightBatches = options.InFlightBatches,
        ReconnectFor = ForEver,
        Disconnected = _ => Count(),
    };

    private VerifyReader Reader(int index, IShardSource source, bool toTheEnd = false) =>
        new(index, run, new StreamFollower(source, new FollowOptions { ExitAtEnd = toTheEnd, Interrupted = (_, _) => Count() }, time), Ledger);

    private long? Share(int producer) => options.Records is { } all
        ? (all / options.Producers) + (producer < all % options.Producers ? 1 : 0)
        : null;

    private void Count() => Interlocked.Increment(ref interruptions);

    /// <summary>Waits for the producers; a reader that fails before ends it, since readers end only by failing.</summary>
    private static async Task FirstFaultOrAll(Task putting, Task[] reading)
    {
        await await Task.WhenAny([putting, .. reading]);
        await putting;
    }

    /// <summary>Waits until readers owe nothing more, or make no progress for too long, and a little longer for what comes twice.</summary>
    public static async Task CatchUpAsync(VerifyLedger ledger, IReadOnlyList<Task> reading, TimeSpan patience, TimeProvider time, CancellationToken cancellation)
    {
        var progress = (ledger.Outstanding, time.GetTimestamp());
        while (ledger.Outstanding > 0 && time.GetElapsedTime(progress.Item2) < patience)
        {
            await await Task.WhenAny([Task.Delay(TimeSpan.FromMilliseconds(50), time, cancellation), .. reading]);
            if (ledger.Outstanding != progress.Outstanding)
            {
                progress = (ledger.Outstanding, time.GetTimestamp());
            }
        }

        await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellation);
    }
}
