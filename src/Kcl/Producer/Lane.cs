using Broker.Kcl.Aggregation;

namespace Broker.Kcl.Producer;

/// <summary>The records on their way to one shard, in their order: one batch is gathered while those before it are under way.</summary>
/// <remarks>
/// Its lock is held for the encoding of one record at a time. Where a shard was split or merged its lane retires: it takes nothing more, and
/// the lanes of its children begin to send only when it has nothing left, so that no key's records overtake each other.
/// </remarks>
internal sealed class Lane : IDisposable
{
    private const double RecordsOfShard = 1_000;
    private const double BytesOfShard = 1024 * 1024;
    private readonly LaneContext context;
    private readonly int maxInFlight;
    private readonly AggregatedRecordWriter? aggregate;
    private readonly ITimer? lingering;
    private readonly ShardPace? pace;
    private readonly ITimer? pacing;
    private readonly Lock gate = new();
    private readonly LinkedList<Batch> closed = new();
    private readonly List<Batch> flying = [];

    /// <summary>Batches whose outcome is known and not told to every caller yet: a flush waits for them, nothing else does.</summary>
    private readonly List<Batch> settling = [];
    private readonly List<Lane> successors = [];
    private Batch? open;
    private int aggregated;
    private int expectedBytes;
    private int expectedRecords;
    private int predecessors;
    private bool isQueued;
    private bool isDue;
    private bool isRetired;

    /// <param name="context">What all lanes share.</param>
    /// <param name="shardId">The shard that its records are predicted to go to; null where that is not known.</param>
    /// <param name="range">The hash keys that it is for.</param>
    /// <param name="maxInFlight">Batches unacknowledged at once.</param>
    public Lane(LaneContext context, string? shardId, HashKeyRange range, int maxInFlight)
    {
        this.context = context;
        this.maxInFlight = maxInFlight;
        ShardId = shardId;
        Range = range;
        aggregate = shardId is not null && context.Options.AggregationEnabled ? new AggregatedRecordWriter(context.Options.AggregationMaxBytes) : null;
        lingering = context.Options.MaxBufferedTime > TimeSpan.Zero
            ? context.Time.CreateTimer(static lane => ((Lane)lane!).Flush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
        if (shardId is not null && context.Options.RateLimit > 0)
        {
            var share = context.Options.RateLimit / 100.0;
            pace = new ShardPace(RecordsOfShard * share, BytesOfShard * share, context.Time);
            pacing = context.Time.CreateTimer(static lane => ((Lane)lane!).Signal(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public string? ShardId { get; }

    public HashKeyRange Range { get; }

    /// <summary>Encodes a record into the batch that is being gathered.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">Its partition key, UTF-8.</param>
    /// <param name="promise">Whom it is promised to.</param>
    /// <param name="cost">What it took of the budget.</param>
    /// <returns>False when the lane has retired: the record belongs to another.</returns>
    public bool TryAdd(in PutRecord record, ReadOnlySpan<byte> key, PutPromise promise, long cost)
    {
        bool signal;
        var begins = false;
        lock (gate)
        {
            if (isRetired)
            {
                return false;
            }

            var now = context.Time.GetTimestamp();
            if (open is not null && !HasRoom(open, RecordEncoding.LengthOf(key.Length, record.Data.Length, record.ExplicitHashKey?.Length ?? 0), now))
            {
                Close();
            }

            if (open is null)
            {
                open = new Batch(expectedBytes, expectedRecords, now) { Lane = this };
                begins = true;
            }

            Encode(open, record, key);
            open.Promise(promise, cost, now);
            if (open.Count >= context.Options.MaxBatchRecords || open.Bytes >= context.Options.MaxBatchBytes)
            {
                Close();
            }

            signal = TryQueue();
        }

        if (signal)
        {
            context.Enqueue(this);
        }
        else if (begins)
        {
            lingering?.Change(context.Options.MaxBufferedTime, Timeout.InfiniteTimeSpan);
        }

        return true;
    }

    /// <summary>Takes the next batch to send; null when there is none that may go now. The lane is queued again by itself when there is.</summary>
    public Batch? TakeNext()
    {
        Batch? batch = null;
        bool signal;
        lock (gate)
        {
            isQueued = false;
            if (MaySend)
            {
                if (closed.Count == 0)
                {
                    Close();
                }

                batch = closed.First!.Value;
                closed.RemoveFirst();
                flying.Add(batch);
                pace?.Take(batch.Count, batch.Bytes);
            }

            signal = TryQueue();
        }

        if (signal)
        {
            context.Enqueue(this);
        }

        return batch;
    }

    /// <summary>A batch that was taken is dealt with.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="instead">Batches to send in its place, before all others.</param>
    public void Done(Batch batch, params ReadOnlySpan<Batch> instead)
    {
        bool signal;
        lock (gate)
        {
            flying.Remove(batch);
            BeginSettling(batch);
            for (var i = instead.Length - 1; i >= 0; i--)
            {
                closed.AddFirst(instead[i]);
            }

            signal = TryQueue();
        }

        if (signal)
        {
            context.Enqueue(this);
        }

        ReleaseSuccessors();
    }

    /// <summary>Lets what is being gathered go without waiting for more.</summary>
    public void Flush()
    {
        bool signal;
        lock (gate)
        {
            isDue = open is not null;
            signal = TryQueue();
        }

        if (signal)
        {
            context.Enqueue(this);
        }
    }

    /// <summary>The batches that have a record of a time or before.</summary>
    public void AddUnsettled(long until, List<Task> tasks)
    {
        lock (gate)
        {
            tasks.AddRange(closed.Concat(flying).Concat(settling.Where(batch => !batch.IsDone)).Append(open).Where(batch => batch?.FirstAt <= until).Select(batch => batch!.WhenDone()));
        }
    }

    /// <summary>Takes out batches that were not sent and whose records were all taken before a time.</summary>
    public List<Batch> TakeExpired(long before)
    {
        var expired = new List<Batch>();
        lock (gate)
        {
            if (open?.LastAt < before)
            {
                Close();
            }

            for (var node = closed.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.LastAt < before)
                {
                    closed.Remove(node);
                    BeginSettling(node.Value);
                    expired.Add(node.Value);
                }

                node = next;
            }
        }

        ReleaseSuccessors();
        return expired;
    }

    /// <summary>Ends the lane: it takes nothing more, and <paramref name="children"/> wait until it has nothing left.</summary>
    public void Retire(IEnumerable<Lane> children)
    {
        lock (gate)
        {
            isRetired = true;
            foreach (var child in children)
            {
                successors.Add(child);
                Interlocked.Increment(ref child.predecessors);
            }
        }

        Flush();
        ReleaseSuccessors();
    }

    /// <summary>Nothing is left of a retired lane.</summary>
    public bool IsOver
    {
        get
        {
            lock (gate)
            {
                return isRetired && IsEmpty && settling.TrueForAll(batch => batch.IsDone);
            }
        }
    }

    public void Dispose()
    {
        lingering?.Dispose();
        pacing?.Dispose();
    }

    private bool IsEmpty => open is null && closed.Count == 0 && flying.Count == 0;

    private bool MaySend => flying.Count < maxInFlight && Volatile.Read(ref predecessors) == 0
        && (closed.Count > 0 || (open is not null && (lingering is null || isDue || isRetired)));

    private bool TryQueue()
    {
        if (isQueued || !MaySend)
        {
            return false;
        }

        if (pace?.Wait() is { } wait && wait > TimeSpan.Zero)
        {
            pacing!.Change(wait, Timeout.InfiniteTimeSpan);
            return false;
        }

        return isQueued = true;
    }

    private void BeginSettling(Batch batch)
    {
        settling.RemoveAll(static settled => settled.IsDone);
        settling.Add(batch);
    }

    private bool HasRoom(Batch batch, int bytes, long now) =>
        batch.Bytes + (aggregate?.Bytes ?? 0) + bytes <= context.Options.MaxBatchBytes
        && context.Time.GetElapsedTime(batch.FirstAt, now) < context.MaxBatchAge;

    private void Encode(Batch batch, in PutRecord record, ReadOnlySpan<byte> key)
    {
        if (aggregate is null)
        {
            batch.Add(key, record.Data.Span, record.ExplicitHashKey);
            return;
        }

        if (!aggregate.TryAdd(record.PartitionKey, record.ExplicitHashKey, record.Data.Span))
        {
            EndAggregate(batch);
            aggregate.TryAdd(record.PartitionKey, record.ExplicitHashKey, record.Data.Span);
        }

        aggregated++;
    }

    private void EndAggregate(Batch batch)
    {
        if (aggregated == 0)
        {
            return;
        }

        var data = aggregate!.ExplicitHashKey is var hashKey && aggregated == 1
            ? AggregatedRecordReader.Read("", aggregate.Finish())[0].Data
            : aggregate.Finish();
        batch.Add(System.Text.Encoding.UTF8.GetBytes(aggregate.PartitionKey), data.Span, hashKey);
        batch.Group(aggregated);
        aggregate.Reset();
        aggregated = 0;
    }

    private void Close()
    {
        if (open is null)
        {
            return;
        }

        EndAggregate(open);
        expectedBytes = Math.Min(open.Bytes + (open.Bytes / 4), context.Options.MaxBatchBytes);
        expectedRecords = Math.Min(open.PromiseCount + (open.PromiseCount / 4), context.Options.MaxBatchRecords);
        closed.AddLast(open);
        open = null;
        isDue = false;
    }

    private void ReleaseSuccessors()
    {
        Lane[] released;
        lock (gate)
        {
            if (!isRetired || !IsEmpty || successors.Count == 0)
            {
                return;
            }

            released = [.. successors];
            successors.Clear();
        }

        foreach (var lane in released)
        {
            Interlocked.Decrement(ref lane.predecessors);
            lane.Signal();
        }
    }

    private void Signal()
    {
        bool signal;
        lock (gate)
        {
            signal = TryQueue();
        }

        if (signal)
        {
            context.Enqueue(this);
        }
    }
}
