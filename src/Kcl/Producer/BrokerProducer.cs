using System.Diagnostics.Metrics;
using System.Text;
using Broker.Kcl.Connection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Broker.Kcl.Producer;

/// <summary>Puts records into a stream: gathers them by shard, sends them in batches, each once however often it is sent, and tells where each is.</summary>
/// <remarks>
/// <para>From any thread; one for each stream and process is meant. A record is acknowledged when it is durable. It is never dropped
/// silently: it ends in a <see cref="PutResult"/> or in a <see cref="PutFailedException"/>, and puts wait while too much is outstanding.</para>
/// <para>Records of one partition key that are put one after another keep that order (see
/// <see cref="BrokerProducerOptions.MaxInFlightBatchesPerShard"/>), over errors, lost connections, splits and merges.</para>
/// </remarks>
public sealed class BrokerProducer : IAsyncDisposable
{
    /// <summary>Most bytes of a record: data and partition key. Streams have lower bounds of their own, 1 MiB unless set otherwise.</summary>
    public const int MaxRecordBytes = 10 * 1024 * 1024;

    private const int EntryOverheadBytes = 16;
    private readonly BrokerProducerOptions options;
    private readonly TimeProvider time;
    private readonly OutstandingBudget budget;
    private readonly ProducerLanes lanes;
    private readonly Gateways gateways;
    private readonly ProducerMetrics metrics;
    private readonly BatchOutcomes outcomes;
    private readonly ProduceLink link;
    private readonly ShardMap map;
    private readonly ITimer expiry;
    private readonly CancellationTokenSource closing = new();
    private readonly HashSet<Task> waiting = [];
    private int disposed;

    /// <summary>Makes a producer, which connects at once and keeps trying.</summary>
    /// <param name="options">What it puts to, and how; not to be changed afterwards.</param>
    /// <param name="logger">Told of lost connections; null for none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="meters">Makes the meter; null for one of its own.</param>
    /// <exception cref="OptionsValidationException">Options are out of bounds; it names all of them.</exception>
    public BrokerProducer(BrokerProducerOptions options, ILogger<BrokerProducer>? logger = null, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Faults().ToArray() is { Length: > 0 } faults)
        {
            throw new OptionsValidationException(nameof(BrokerProducerOptions), typeof(BrokerProducerOptions), faults);
        }

        this.options = options;
        this.time = time ?? TimeProvider.System;
        var log = (ILogger?)logger ?? NullLogger.Instance;
        budget = new OutstandingBudget(options.MaxOutstandingBytes, options.MaxOutstandingRecords);
        lanes = new ProducerLanes(new LaneContext(options, this.time, lane => link!.Enqueue(lane)));
        gateways = new Gateways(options.Endpoints, options.Credentials, options.ConfigureHandler);
        metrics = new ProducerMetrics(meters, options.StreamName, () => budget.Records, () => budget.Bytes);
        outcomes = new BatchOutcomes(options, lanes, budget, metrics, this.time);
        link = new ProduceLink(options, gateways, outcomes, metrics, this.time, log);
        map = new ShardMap(options, gateways, lanes, this.time, log);
        outcomes.Map = map;
        var sweep = options.RecordTimeToLive / 8;
        expiry = this.time.CreateTimer(static producer => ((BrokerProducer)producer!).Expire(), this, sweep, sweep);
        link.Start();
        map.Start();
    }

    /// <summary>Records that are taken and not acknowledged yet.</summary>
    public long OutstandingRecords => budget.Records;

    /// <summary>Bytes of those.</summary>
    public long OutstandingBytes => budget.Bytes;

    /// <inheritdoc cref="PutAsync(PutRecord, CancellationToken)"/>
    /// <param name="partitionKey">The record's partition key.</param>
    /// <param name="data">Its data.</param>
    /// <param name="cancellation">Gives up waiting for room.</param>
    public Task<PutResult> PutAsync(string partitionKey, ReadOnlyMemory<byte> data, CancellationToken cancellation = default) =>
        PutAsync(new PutRecord(partitionKey, data), cancellation);

    /// <summary>Puts a record. The task completes when it is durable.</summary>
    /// <param name="record">The record; it is copied at once, unless the put has to wait for room.</param>
    /// <param name="cancellation">Gives up waiting for room. Once the record is taken nothing takes it back.</param>
    /// <exception cref="ArgumentException">The record is malformed.</exception>
    /// <exception cref="PutFailedException">It was not acknowledged within its time to live, or never can be.</exception>
    /// <exception cref="ObjectDisposedException">The producer is disposed of.</exception>
    public Task<PutResult> PutAsync(PutRecord record, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
        Check(record);
        var cost = CostOf(record.PartitionKey.Length, record.Data.Length);
        return budget.TryTake(cost) ? Take(record, cost) : WaitAndTake(record, cost, cancellation);
    }

    /// <summary>Sends what is gathered and waits until every record put so far is acknowledged or has failed; failures are their puts' matter.</summary>
    /// <param name="cancellation">Gives up waiting; the records go on.</param>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        Task[] late;
        lock (waiting)
        {
            late = [.. waiting];
        }

        var until = time.GetTimestamp();
        await FlushLanesAsync(until, cancellation);
        await Task.WhenAll(late.Select(task => task.ContinueWith(static _ => { }, TaskScheduler.Default))).WaitAsync(cancellation);
    }

    /// <summary>Takes no more records, waits until those taken are acknowledged or have failed, and ends the session.</summary>
    /// <remarks>Takes up to the records' time to live where the broker cannot be reached. Puts that wait for room fail.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
        {
            return;
        }

        await closing.CancelAsync();
        await FlushLanesAsync(long.MaxValue, CancellationToken.None);
        await expiry.DisposeAsync();
        await link.DisposeAsync();
        await map.DisposeAsync();
        outcomes.BreakAll(PutErrorCode.Disposed, "The producer was disposed of.");
        lanes.Dispose();
        gateways.Dispose();
        metrics.Dispose();
        closing.Dispose();
    }

    internal static long CostOf(int keyLength, int dataLength) => keyLength + dataLength + EntryOverheadBytes;

    /// <summary>Encodes a record into the lane that it belongs to.</summary>
    internal static void Route(ProducerLanes lanes, in PutRecord record, PutPromise promise, long cost)
    {
        Span<byte> key = stackalloc byte[HashKeys.MaxPartitionKeyLength * 3];
        key = key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)];
        if (key.IsEmpty && record.ExplicitHashKey is null)
        {
            lanes.Keyless.TryAdd(record, key, promise, cost);
            return;
        }

        var spin = default(SpinWait);
        UInt128? hashKey = null;
        while (true)
        {
            var table = lanes.Table;
            hashKey ??= table.IsPlain ? null : record.ExplicitHashKey is null ? HashKeys.OfPartitionKey(key) : HashKeys.Of("", record.ExplicitHashKey);
            if (table.Find(hashKey ?? default).TryAdd(record, key, promise, cost))
            {
                return;
            }

            // The shard was split or merged, and the new map is there in a moment.
            spin.SpinOnce();
        }
    }

    private static void Check(in PutRecord record)
    {
        ArgumentNullException.ThrowIfNull(record.PartitionKey, nameof(record));
        if (record.PartitionKey.Length > HashKeys.MaxPartitionKeyLength)
        {
            throw new ArgumentException($"The partition key has {record.PartitionKey.Length} characters: at most {HashKeys.MaxPartitionKeyLength} are allowed.", nameof(record));
        }

        if (record.ExplicitHashKey is not null && !HashKeys.TryParse(record.ExplicitHashKey, out _))
        {
            throw new ArgumentException($"The explicit hash key '{record.ExplicitHashKey}' is not a decimal number of 0 to 2^128-1.", nameof(record));
        }

        if (record.Data.Length + record.PartitionKey.Length > MaxRecordBytes)
        {
            throw new ArgumentException($"The record has {record.Data.Length} bytes of data: with its partition key at most {MaxRecordBytes} are allowed.", nameof(record));
        }
    }

    private Task<PutResult> Take(in PutRecord record, long cost)
    {
        var promise = new PutPromise();
        Route(lanes, record, promise, cost);
        return promise.Task;
    }

    private Task<PutResult> WaitAndTake(PutRecord record, long cost, CancellationToken cancellation)
    {
        var put = WaitAndTakeAsync(record, cost, cancellation);
        lock (waiting)
        {
            waiting.Add(put);
        }

        put.ContinueWith(
            static (task, state) =>
            {
                var waiting = (HashSet<Task>)state!;
                lock (waiting)
                {
                    waiting.Remove(task);
                }
            },
            waiting,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return put;
    }

    private async Task<PutResult> WaitAndTakeAsync(PutRecord record, long cost, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, closing.Token);
        try
        {
            await budget.TakeAsync(cost, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ObjectDisposedException(GetType().FullName);
        }

        return await Take(record, cost).ConfigureAwait(false);
    }

    private async Task FlushLanesAsync(long until, CancellationToken cancellation)
    {
        var unsettled = new List<Task>();
        while (true)
        {
            unsettled.Clear();
            foreach (var lane in lanes.All())
            {
                lane.Flush();
                lane.AddUnsettled(until, unsettled);
            }

            if (unsettled.Count == 0)
            {
                return;
            }

            await Task.WhenAll(unsettled).WaitAsync(cancellation);
        }
    }

    private void Expire()
    {
        var before = time.GetTimestamp() - (long)(options.RecordTimeToLive.TotalSeconds * time.TimestampFrequency);
        foreach (var lane in lanes.All())
        {
            foreach (var batch in lane.TakeExpired(before))
            {
                outcomes.BreakUnsent(batch, PutErrorCode.Expired, $"The records' time to live of {options.RecordTimeToLive} ended before they could be sent.", mayBeStored: false);
            }
        }

        link.Expire(before);
    }
}
