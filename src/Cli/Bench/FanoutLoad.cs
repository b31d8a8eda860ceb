using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using Broker.Cli.Client;
using Broker.V1;

namespace Broker.Cli.Bench;

/// <summary>Puts records that carry when they were due, and measures their way to each subscriber.</summary>
/// <remarks>Producers and subscribers are in one process, so one clock stamps both ends.</remarks>
internal sealed class FanoutLoad(
    BrokerEndpoint endpoint, string stream, int subscribers, int producers, double recordsPerSecond, TimeSpan duration, int recordBytes, TimeSpan warmUp)
{
    /// <summary>Begins every record, so that others in the stream are not counted.</summary>
    private static readonly long Mark = BinaryPrimitives.ReadInt64LittleEndian(Guid.NewGuid().ToByteArray());

    /// <summary>How long the subscriptions may take to be there.</summary>
    private static readonly TimeSpan SubscribeWithin = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time = TimeProvider.System;
    private readonly ConcurrentDictionary<(int Subscriber, string ShardId), bool> subscribed = [];
    private readonly TaskCompletionSource allSubscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int subscriptions;
    private long put;

    public int Subscribers { get; } = subscribers;

    /// <summary>The rate; 0 for as fast as it goes.</summary>
    public double RecordsPerSecond { get; } = recordsPerSecond;

    public LatencyRecorder Latency { get; } = new(TimeProvider.System);

    public LoadCounter Counter { get; } = new(TimeProvider.System);

    /// <summary>Records that some subscriber should have had and has not.</summary>
    public long Missing => Math.Max(0, (Interlocked.Read(ref put) * Subscribers) - Counter.Records);

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var connections = Enumerable.Range(0, Subscribers).Select(_ => BrokerConnection.Open(endpoint)).ToArray();
        try
        {
            var options = new FollowOptions { From = new StartingPosition { Type = ShardIteratorType.Latest } };
            using var listing = BrokerConnection.Open(endpoint);
            var shards = await ShardListing.ListAsync(
                listing.Streams, stream, new ShardFilter { Type = ShardFilterType.AtLatest }, cancellation);
            subscriptions = shards.Count * Subscribers;
            var reading = connections.Select((connection, subscriber) => new StreamFollower(new PushShardSource(connection, stream), options, time)
                .RunAsync((shardId, received, _) => TakeAsync(subscriber, shardId, received), stop.Token)).ToArray();

            // Subscriptions at LATEST have to be there before the first record: each tells so by an event.
            if (subscriptions > 0)
            {
                await await Task.WhenAny([allSubscribed.Task.WaitAsync(SubscribeWithin, time, cancellation), .. reading]);
            }

            Counter.Start();
            Latency.WarmUp(warmUp);
            using var ticker = new Ticker();
            await Task.WhenAll(Enumerable.Range(0, producers).Select(producer => Task.Run(() => ProduceAsync(producer, ticker, cancellation))));
            for (var began = time.GetTimestamp(); Missing > 0 && time.GetElapsedTime(began) < TimeSpan.FromSeconds(10);)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
            }

            Counter.Stop();
            await stop.CancelAsync();
            await Task.WhenAll(reading).ContinueWith(static all => all.Exception, TaskScheduler.Default);
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }

    /// <summary>Puts what has become due every millisecond, as one batch; without a rate, full batches, each due when it is made.</summary>
    private async Task ProduceAsync(int producer, Ticker ticker, CancellationToken cancellation)
    {
        using var connection = BrokerConnection.Open(endpoint);
        await using var session = await ProducerSession.OpenAsync(connection.Invoker, stream, new ProducerOptions(), cancellation);
        var builder = new BatchBuilder();
        var data = new byte[recordBytes];
        BinaryPrimitives.WriteInt64LittleEndian(data, Mark);
        var perSecond = RecordsPerSecond / producers;
        var began = time.GetTimestamp();
        var all = RecordsPerSecond > 0 ? (long)(perSecond * duration.TotalSeconds) : long.MaxValue;
        for (long sent = 0; sent < all && (RecordsPerSecond > 0 || time.GetElapsedTime(began) < duration);)
        {
            var due = RecordsPerSecond > 0 ? Math.Min(all, (long)(perSecond * time.GetElapsedTime(began).TotalSeconds)) : all;
            for (; sent < due && !builder.IsFull; sent++)
            {
                var dueAt = RecordsPerSecond > 0 ? began + (long)(sent / perSecond * time.TimestampFrequency) : time.GetTimestamp();
                BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(8), dueAt);
                builder.Add(Encoding.ASCII.GetBytes($"{producer}-{sent & 1023}"), data);
            }

            if (builder.Count == 0)
            {
                await ticker.NextAsync().WaitAsync(cancellation);
                continue;
            }

            var count = builder.Count;
            await session.SendAsync(builder.Take(), count, cancellation);
            Interlocked.Add(ref put, count);
        }

        await session.DrainAsync(cancellation);
    }

    private ValueTask TakeAsync(int subscriber, string shardId, ShardEvent received)
    {
        if (!allSubscribed.Task.IsCompleted && subscribed.TryAdd((subscriber, shardId), true) && subscribed.Count >= subscriptions)
        {
            allSubscribed.TrySetResult();
        }

        long count = 0;
        foreach (var record in received.Records)
        {
            var data = record.Data.Span;
            if (data.Length >= 16 && BinaryPrimitives.ReadInt64LittleEndian(data) == Mark)
            {
                Latency.AddSince(BinaryPrimitives.ReadInt64LittleEndian(data[8..]));
                count++;
            }
        }

        Counter.Add(count, count * recordBytes);
        return ValueTask.CompletedTask;
    }
}
