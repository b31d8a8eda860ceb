using System.Collections.Concurrent;
using System.Diagnostics;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Broker.Bench.Nats;

/// <summary>Publishes to a stream in files, and waits for the acknowledgement of each message.</summary>
internal sealed class JetStreamLoad : IAsyncDisposable
{
    private const string Subject = "bench.records";
    private readonly NatsConnection connection;
    private readonly NatsJSContext stream;
    private readonly byte[][] payloads;
    private readonly ConcurrentBag<double> latencies = [];
    private long acknowledged;

    private JetStreamLoad(NatsConnection connection, int recordBytes)
    {
        this.connection = connection;
        stream = new NatsJSContext(connection);
        var random = new Random(1);
        payloads = [.. Enumerable.Range(0, 256).Select(_ =>
        {
            var payload = new byte[recordBytes];
            random.NextBytes(payload);
            return payload;
        })];
    }

    public static async Task<JetStreamLoad> OpenAsync(string url, int recordBytes)
    {
        var load = new JetStreamLoad(new NatsConnection(new NatsOpts { Url = url }), recordBytes);
        await load.stream.CreateOrUpdateStreamAsync(new StreamConfig("bench", [Subject]) { Storage = StreamConfigStorage.File });
        return load;
    }

    /// <summary>As many tasks as there are publish one message at a time.</summary>
    public Task<Figure> AwaitedAsync(int tasks, TimeSpan duration) => MeasureAsync(tasks, duration, async running =>
    {
        for (var sent = 0; running(); sent++)
        {
            var began = Stopwatch.GetTimestamp();
            Take(await stream.PublishAsync(Subject, payloads[sent % payloads.Length]), began, sent);
        }
    });

    /// <summary>One task publishes, as many messages unanswered as the window lets, and takes the answers in their order.</summary>
    public Task<Figure> AsynchronousAsync(int window, TimeSpan duration) => MeasureAsync(1, duration, async running =>
    {
        var open = new Queue<(NatsJSPublishConcurrentFuture Future, long Began)>(window);
        var sent = 0;
        while (running())
        {
            if (open.Count == window)
            {
                await AnswerAsync();
            }

            open.Enqueue((await stream.PublishConcurrentAsync(Subject, payloads[sent++ % payloads.Length]), Stopwatch.GetTimestamp()));
        }

        while (open.Count > 0)
        {
            await AnswerAsync();
        }

        async Task AnswerAsync()
        {
            var (future, began) = open.Dequeue();
            await using (future)
            {
                Take(await future.GetResponseAsync(), began, sent);
            }
        }
    });

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<Figure> MeasureAsync(int tasks, TimeSpan duration, Func<Func<bool>, Task> publish)
    {
        latencies.Clear();
        acknowledged = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => Task.Run(() => publish(() => clock.Elapsed < duration))));
        var rate = acknowledged / clock.Elapsed.TotalSeconds;
        var sorted = latencies.Order().ToList();
        return new Figure(Math.Round(rate), new Latency(At(0.5), At(0.99)));

        double At(double share) => sorted.Count == 0 ? 0 : Math.Round(sorted[(int)(share * (sorted.Count - 1))], 3);
    }

    private void Take(PubAckResponse answer, long began, int sent)
    {
        answer.EnsureSuccess();
        Interlocked.Increment(ref acknowledged);
        if (sent % 16 == 0)
        {
            latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
    }
}
