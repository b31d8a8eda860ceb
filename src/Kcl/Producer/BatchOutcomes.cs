using Broker.Kcl.Aggregation;
using Broker.V1;

namespace Broker.Kcl.Producer;

/// <summary>What follows from the answers of the broker: promises kept and broken, bad batches taken apart, shards listed anew.</summary>
internal sealed class BatchOutcomes(
    BrokerProducerOptions options, ProducerLanes lanes, OutstandingBudget budget, ProducerMetrics metrics, TimeProvider time) : IBatchOutcomes
{
    /// <summary>Answers where records are; set before the first batch is sent.</summary>
    public ShardMap? Map { get; set; }

    public void Keep(Batch batch, ProduceAck ack)
    {
        var (single, places) = PlacesOf(batch, ack);
        if (single is null && places is null)
        {
            Break(batch, "INTERNAL", $"The batch of {batch.Count} records was acknowledged with other places than it has records.", mayBeStored: true);
            return;
        }

        var predicted = batch.Lane!.ShardId;
        if (predicted is not null && !(single is not null ? single.ShardId == predicted : Array.TrueForAll(places!, place => place.Place.ShardId == predicted)))
        {
            Map?.Refresh();
            if (options.AggregationEnabled)
            {
                // Its bytes are needed until it is known which user records have to be put again.
                var records = batch.Records.ToArray();
                _ = KeepAggregatedAsync(batch, records, single, places);
                return;
            }
        }

        metrics.Kept(batch.PromiseCount, batch.Bytes, time.GetElapsedTime(batch.SentAt));
        budget.Release(batch.PromiseCount, batch.Cost);
        batch.Lane!.Done(batch);
        Completion.Keep(batch, single, places);
    }

    public void Break(Batch batch, string code, string message, bool mayBeStored)
    {
        if (code == "INVALID_ARGUMENT" && batch.Count > 1 && !mayBeStored)
        {
            // One record may be too large for the stream: the others do not fail with it.
            var (first, second) = batch.Split();
            batch.Lane!.Done(batch, first, second);
            batch.SignalDone();
            return;
        }

        batch.Lane!.Done(batch);
        BreakUnsent(batch, code, message, mayBeStored);
    }

    public int BreakAll(string code, string message)
    {
        var broken = 0;
        foreach (var lane in lanes.All())
        {
            foreach (var batch in lane.TakeExpired(long.MaxValue))
            {
                BreakUnsent(batch, code, message, mayBeStored: false);
                broken++;
            }
        }

        return broken;
    }

    /// <summary>Fails a batch that no lane holds any more.</summary>
    public void BreakUnsent(Batch batch, string code, string message, bool mayBeStored)
    {
        metrics.Failed(batch.PromiseCount, code);
        budget.Release(batch.PromiseCount, batch.Cost);
        Completion.Break(batch, code, message, mayBeStored);
    }

    private static (RecordPlace? Single, (RecordPlace Place, int Offset)[]? Places) PlacesOf(Batch batch, ProduceAck ack)
    {
        if (ack.Parts is [var whole] && (whole.RecordIndexes.Count == 0 ? whole.RecordCount == batch.Count : false))
        {
            return (new RecordPlace(whole.ShardId, whole.FirstSequenceNumber), null);
        }

        var places = new (RecordPlace Place, int Offset)[batch.Count];
        var told = 0;
        foreach (var part in ack.Parts)
        {
            var place = new RecordPlace(part.ShardId, part.FirstSequenceNumber);
            for (var i = 0; i < part.RecordIndexes.Count; i++)
            {
                var index = part.RecordIndexes[i];
                if (index >= (uint)places.Length || places[index].Place is not null)
                {
                    return (null, null);
                }

                places[index] = (place, i);
                told++;
            }
        }

        return told == batch.Count ? (null, places) : (null, null);
    }

    /// <summary>
    /// Keeps what landed whole in a shard that all its user records belong to, and puts the user records of the rest again: a consumer passes
    /// over an aggregated record with a user record of another shard.
    /// </summary>
    private async Task KeepAggregatedAsync(Batch batch, byte[] records, RecordPlace? single, (RecordPlace Place, int Offset)[]? places)
    {
        var again = new List<(PutPromise Promise, UserRecord Record)>();
        var kept = new List<(PutPromise Promise, PutResult Result)>();
        var attempts = batch.Attempts;
        var entries = ProduceBatch.Parser.ParseFrom(records).Records;
        var ranges = new Dictionary<string, HashKeyRange?>(StringComparer.Ordinal);
        var promises = batch.Promises.ToArray();
        var at = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var (place, offset) = single is not null ? (single, i) : places![i];
            var count = batch.Groups?[i] ?? 1;
            var users = count == 1 ? null : AggregatedRecordReader.Read("", entries[i].Data.Memory);
            var isRight = users is null || await BelongAsync(users, place.ShardId, ranges);
            for (var j = 0; j < count; j++)
            {
                var promise = promises[at++];
                if (isRight)
                {
                    var all = promise.Earlier is { } earlier ? [.. earlier, .. attempts] : attempts;
                    kept.Add((promise, new PutResult(place, offset, j, all)));
                }
                else
                {
                    var attempt = attempts[^1] with { ErrorCode = PutErrorCode.WrongShard, ErrorMessage = $"The aggregated record landed in {place.ShardId}." };
                    promise.Earlier = [.. promise.Earlier ?? [], .. attempts.Take(attempts.Count - 1), attempt];
                    again.Add((promise, users![j]));
                }
            }
        }

        metrics.Kept(kept.Count, records.Length, time.GetElapsedTime(batch.SentAt));
        foreach (var (promise, record) in again)
        {
            metrics.Retried(PutErrorCode.WrongShard);
            var cost = BrokerProducer.CostOf(record.PartitionKey.Length, record.Data.Length);
            budget.Take(cost);
            BrokerProducer.Route(lanes, new PutRecord(record.PartitionKey, record.Data, record.ExplicitHashKey), promise, cost);
        }

        budget.Release(batch.PromiseCount, batch.Cost);
        batch.Lane!.Done(batch);
        ThreadPool.UnsafeQueueUserWorkItem(
            static kept =>
            {
                foreach (var (promise, result) in kept)
                {
                    promise.TrySetResult(result);
                }
            },
            kept,
            preferLocal: false);
        batch.SignalDone();
    }

    private async Task<bool> BelongAsync(IReadOnlyList<UserRecord> users, string shardId, Dictionary<string, HashKeyRange?> ranges)
    {
        if (!ranges.TryGetValue(shardId, out var range))
        {
            try
            {
                range = await Map!.RangeOfAsync(shardId);
            }
            catch (Exception e) when (e is Grpc.Core.RpcException or TimeoutException or OperationCanceledException or ObjectDisposedException)
            {
                range = null;
            }

            ranges[shardId] = range;
        }

        return range is { } known && users.All(user => known.Contains(HashKeys.Of(user.PartitionKey, user.ExplicitHashKey)));
    }
}
