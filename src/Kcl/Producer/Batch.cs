using System.Buffers;

namespace Broker.Kcl.Producer;

/// <summary>Records of one batch, encoded as they came (PutRecordsEntry, field 2 of ProduceBatch), and the promises made for them.</summary>
/// <remarks>
/// Filled under its lane's lock, then sent, and guarded by <see cref="ProduceLink"/>'s lock from then on: its buffer goes back to the pool
/// only when it is neither pending nor being written.
/// </remarks>
internal sealed class Batch(int expectedBytes, int expectedRecords, long firstAt)
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(4096, expectedBytes));
    private PutPromise[] promises = new PutPromise[Math.Max(4, expectedRecords)];
    private List<int>? groups;
    private readonly Lock attemptsGate = new();
    private List<PutAttempt>? attempts;
    private bool isAttempted;
    private TaskCompletionSource? done;
    private int isDone;

    /// <summary>When its first record was taken.</summary>
    public long FirstAt { get; } = firstAt;

    /// <summary>When its last record was taken.</summary>
    public long LastAt { get; private set; } = firstAt;

    /// <summary>Records as the broker counts them.</summary>
    public int Count { get; private set; }

    /// <summary>Records as the caller counts them.</summary>
    public int PromiseCount { get; private set; }

    public int Bytes { get; private set; }

    /// <summary>What its records took of the budget.</summary>
    public long Cost { get; private set; }

    public Lane? Lane { get; set; }

    /// <summary>Its number in the session; 0 before it has one.</summary>
    public ulong Number { get; set; }

    public bool IsPending { get; set; }

    public bool IsSending { get; set; }

    /// <summary>It was refused for the moment and waits.</summary>
    public bool IsPaused { get; set; }

    /// <summary>It is to be sent again.</summary>
    public bool IsDue { get; set; }

    /// <summary>When it was sent last; 0 before that.</summary>
    public long SentAt { get; private set; }

    /// <summary>From its first sending to its last word; null when nobody listens.</summary>
    public System.Diagnostics.Activity? Activity { get; set; }

    public int AttemptCount => Attempts.Count;

    public IReadOnlyList<PutAttempt> Attempts
    {
        get
        {
            lock (attemptsGate)
            {
                return attempts is null ? [] : [.. attempts];
            }
        }
    }

    public ReadOnlySpan<PutPromise> Promises => promises.AsSpan(0, PromiseCount);

    /// <summary>User records of each record; null where all have one.</summary>
    public IReadOnlyList<int>? Groups => groups;

    public ReadOnlyMemory<byte> Records => buffer.AsMemory(0, Bytes);

    /// <summary>Encodes a record.</summary>
    /// <param name="partitionKey">Its partition key, UTF-8.</param>
    /// <param name="data">Its data.</param>
    /// <param name="explicitHashKey">Its explicit hash key; empty for none.</param>
    public void Add(ReadOnlySpan<byte> partitionKey, ReadOnlySpan<byte> data, ReadOnlySpan<char> explicitHashKey)
    {
        var span = Room(RecordEncoding.LengthOf(partitionKey.Length, data.Length, explicitHashKey.Length));
        Bytes += RecordEncoding.Write(span, partitionKey, data, explicitHashKey);
        Count++;
    }

    /// <summary>Notes whom a record was promised to.</summary>
    public void Promise(PutPromise promise, long cost, long now)
    {
        if (PromiseCount == promises.Length)
        {
            Array.Resize(ref promises, promises.Length * 2);
        }

        promises[PromiseCount++] = promise;
        Cost += cost;
        LastAt = now;
    }

    /// <summary>Notes how many of the promises the record that was added last keeps.</summary>
    public void Group(int userRecords) => (groups ??= []).Add(userRecords);

    public void BeginAttempt(long now)
    {
        SentAt = now;
        isAttempted = true;
    }

    /// <summary>Notes how the sending that is under way ended; false when none is.</summary>
    public bool TryEndAttempt(TimeProvider time, string? code, string? message)
    {
        lock (attemptsGate)
        {
            if (!isAttempted)
            {
                return false;
            }

            isAttempted = false;
            (attempts ??= new List<PutAttempt>(1)).Add(new PutAttempt(time.GetElapsedTime(SentAt), code, message));
            return true;
        }
    }

    /// <summary>Takes over the attempts of a batch that this one is a part of.</summary>
    public void Continue(Batch whole)
    {
        attempts = whole.Attempts is { Count: > 0 } earlier ? [.. earlier] : null;
        LastAt = whole.LastAt;
    }

    /// <summary>Completes when every promise is kept or broken, or has gone to other batches.</summary>
    public Task WhenDone()
    {
        var watched = Volatile.Read(ref done);
        if (watched is null)
        {
            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            watched = Interlocked.CompareExchange(ref done, made, null) ?? made;
        }

        if (IsDone)
        {
            watched.TrySetResult();
        }

        return watched.Task;
    }

    /// <summary>Whether <see cref="WhenDone"/> has completed.</summary>
    public bool IsDone => Volatile.Read(ref isDone) != 0;

    public void SignalDone()
    {
        Interlocked.Exchange(ref isDone, 1);
        Volatile.Read(ref done)?.TrySetResult();
    }

    /// <summary>Two batches with a half of the records each.</summary>
    public (Batch First, Batch Second) Split()
    {
        var middle = Count / 2;
        var at = 0;
        for (var i = 0; i < middle; i++)
        {
            at += LengthAt(at);
        }

        var promisesInFirst = groups is null ? middle : groups.Take(middle).Sum();
        return (Part(0, at, 0, middle, 0, promisesInFirst), Part(at, Bytes, middle, Count, promisesInFirst, PromiseCount));
    }

    /// <summary>Lets the buffer go.</summary>
    public void Recycle()
    {
        var old = buffer;
        buffer = [];
        if (old.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }

    private Batch Part(int from, int to, int firstRecord, int endRecord, int firstPromise, int endPromise)
    {
        var part = new Batch(to - from, endPromise - firstPromise, FirstAt) { Bytes = to - from, Count = endRecord - firstRecord, Lane = Lane };
        buffer.AsSpan(from, to - from).CopyTo(part.buffer);
        var cost = Cost * (endPromise - firstPromise) / PromiseCount;
        part.Cost = firstPromise == 0 ? cost : Cost - (Cost * firstPromise / PromiseCount);
        promises.AsSpan(firstPromise, endPromise - firstPromise).CopyTo(part.promises);
        part.PromiseCount = endPromise - firstPromise;
        part.groups = groups?.GetRange(firstRecord, endRecord - firstRecord);
        part.Continue(this);
        return part;
    }

    private int LengthAt(int at)
    {
        var length = 0;
        var shift = 0;
        var end = at + 1;
        byte read;
        do
        {
            read = buffer[end++];
            length |= (read & 0x7F) << shift;
            shift += 7;
        }
        while (read >= 0x80);
        return end - at + length;
    }

    private Span<byte> Room(int bytes)
    {
        if (buffer.Length - Bytes < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, Bytes + bytes));
            buffer.AsSpan(0, Bytes).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        return buffer.AsSpan(Bytes);
    }
}
