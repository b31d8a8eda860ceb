using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;

namespace Broker.Gateway.Reading;

/// <summary>The newest records of one shard for all subscribers of this gateway: one long read at the tail, kept until all have it.</summary>
/// <remarks>
/// Subscribers come with a position and hold nothing while they write, so a slow one costs the feed nothing: it falls behind what is
/// kept and reads history by itself. What all have taken goes at once: kept longer it would outlive a collection, which then copies it
/// while every thread waits. The loop runs on the pool while there are subscribers.
/// </remarks>
/// <param name="shard">The shard.</param>
/// <param name="stream">Its stream.</param>
/// <param name="ciphers">Open what it returns, once for all subscribers.</param>
/// <param name="mapVersion">The newest version of the stream that is known.</param>
/// <param name="clock">Measures waits.</param>
internal sealed class ShardFeed(IShardGrain shard, StreamGeneration stream, StreamCiphers ciphers, Func<long> mapVersion, TimeProvider clock)
{
    /// <summary>Bytes of answers that are kept for subscribers that do not have them yet.</summary>
    private const long MaxKeptBytes = 4 * 1024 * 1024;

    /// <summary>Bytes that one read asks for.</summary>
    public const int ReadBytes = 1024 * 1024;

    private static readonly TimeSpan ReadWait = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan TroublePause = TimeSpan.FromMilliseconds(200);

    private readonly Lock sync = new();
    private readonly Queue<FeedSegment> kept = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long keptBytes;
    private long tail;
    private int subscribers;
    private bool isRunning;
    private bool hasEnded;
    private BrokerException? fault;

    /// <summary>Subscribers that hold the feed; guarded by <see cref="ShardFeeds"/>.</summary>
    public int Holders { get; set; }

    /// <summary>Begins to follow, from a position at the shard's tail.</summary>
    public void Join(long position)
    {
        lock (sync)
        {
            subscribers++;
            if (!isRunning)
            {
                isRunning = true;
                fault = null;
                hasEnded = false;
                kept.Clear();
                keptBytes = 0;
                tail = position;
                _ = RunAsync();
            }
        }
    }

    public void Leave()
    {
        lock (sync)
        {
            subscribers--;
        }
    }

    /// <summary>Waits for records at a position.</summary>
    /// <exception cref="BrokerException">The shard cannot be followed any more.</exception>
    public async ValueTask<FeedAnswer> WaitAsync(long position, TimeSpan time, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            Task next;
            lock (sync)
            {
                if (position < tail)
                {
                    foreach (var segment in kept)
                    {
                        if (position >= segment.From && position < segment.End)
                        {
                            Take(segment);
                            return new FeedAnswer(FeedAnswerKind.Records, segment);
                        }
                    }

                    return new FeedAnswer(FeedAnswerKind.Behind);
                }

                if (fault is not null)
                {
                    throw fault;
                }

                if (hasEnded)
                {
                    // The subscriber reads the end itself.
                    return new FeedAnswer(FeedAnswerKind.Behind);
                }

                next = changed.Task;
            }

            var rest = time - clock.GetElapsedTime(started);
            if (rest <= TimeSpan.Zero)
            {
                return new FeedAnswer(FeedAnswerKind.Nothing);
            }

            try
            {
                await next.WaitAsync(rest, clock, cancellation);
            }
            catch (TimeoutException)
            {
                return new FeedAnswer(FeedAnswerKind.Nothing);
            }
        }
    }

    private async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            long from;
            lock (sync)
            {
                if (subscribers == 0 || fault is not null || hasEnded)
                {
                    isRunning = false;
                    kept.Clear();
                    keptBytes = 0;
                    return;
                }

                from = tail;
            }

            ReadResult read;
            try
            {
                read = await shard.ReadAsync(new ReadRequest(from, ReadBytes, ReadWait, mapVersion(), Metered: false));
                read = await ciphers.OpenAsync(stream, read, CancellationToken.None);
            }
            catch (Exception)
            {
                await Task.Delay(TroublePause, clock);
                continue;
            }

            if (read.Code is BrokerErrorCode.Unavailable or BrokerErrorCode.Overloaded)
            {
                await Task.Delay(TroublePause, clock);
            }

            Publish(read, from);
        }
    }

    private void Publish(in ReadResult read, long from)
    {
        TaskCompletionSource waiters;
        lock (sync)
        {
            if (read.Code is not (BrokerErrorCode.None or BrokerErrorCode.Unavailable or BrokerErrorCode.Overloaded))
            {
                fault = new BrokerException(read.Code, read.Message ?? $"The shard cannot be read: {read.Code}.");
            }
            else if (read.Code != BrokerErrorCode.None || read.Blocks.IsDefaultOrEmpty)
            {
                // Nothing is left up to where reading really began: what was there expired, or was lost and the loss accepted.
                var isMoved = read.Code == BrokerErrorCode.None && read.FromPosition > from;
                tail = isMoved ? read.FromPosition : tail;
                hasEnded = read.Code == BrokerErrorCode.None && read.IsSealed && tail >= read.TailPosition;
                if (!hasEnded && !isMoved)
                {
                    return;
                }
            }
            else
            {
                Keep(read, from);
            }

            waiters = changed;
            changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        waiters.TrySetResult();
    }

    /// <summary>A subscriber takes a segment once, and whole: with the last one it goes, and with it what lies before.</summary>
    private void Take(FeedSegment segment)
    {
        if (++segment.Takers < subscribers)
        {
            return;
        }

        while (kept.TryPeek(out var oldest) && oldest.From <= segment.From)
        {
            keptBytes -= kept.Dequeue().Bytes;
        }
    }

    private void Keep(in ReadResult read, long from)
    {
        var end = from;
        var bytes = 0L;
        foreach (var block in read.Blocks)
        {
            end = Math.Max(end, block.Head.EndPosition);
            bytes += block.EncodedLength;
        }

        if (end == from)
        {
            return;
        }

        kept.Enqueue(new FeedSegment(Math.Max(from, read.FromPosition), end, bytes, read));
        keptBytes += bytes;
        tail = end;
        while (keptBytes > MaxKeptBytes && kept.Count > 1)
        {
            keptBytes -= kept.Dequeue().Bytes;
        }
    }
}
