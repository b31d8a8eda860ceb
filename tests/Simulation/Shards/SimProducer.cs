using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;

namespace Broker.Tests.Simulation.Shards;

/// <summary>A client that sends batches, several at a time, and repeats them at every chance. Outlives crashes of the silos.</summary>
internal sealed class SimProducer(SimScheduler scheduler, ShardLedger ledger, Guid? id, Func<long> nextId, Action<string> note)
{
    private readonly List<SentBatch> sent = [];
    private readonly List<Task> flying = [];
    private SimGateway[] gateways = [];
    private uint epoch = 1;
    private ulong number;

    public async Task SendAsync(SimGateway[] through, int batches)
    {
        gateways = through;
        flying.Clear();
        if (id is not null)
        {
            flying.AddRange(sent.Where(batch => !batch.IsSettled || scheduler.Random.Next(10) == 0).Select(PutAsync));
        }

        for (; batches > 0; batches--)
        {
            var batch = Make();
            flying.Add(PutAsync(batch));
            if (id is not null && scheduler.Random.Next(4) == 0)
            {
                flying.Add(PutAsync(batch));
            }

            if (id is not null && scheduler.Random.Next(3) == 0)
            {
                flying.Add(PutAsync(sent[scheduler.Random.Next(sent.Count)]));
            }

            if (scheduler.Random.Next(4) == 0 || flying.Count > 8)
            {
                await Task.WhenAll(flying);
                flying.Clear();
            }
        }

        await Task.WhenAll(flying);
    }

    /// <summary>Asks until there is an answer for everything; for a life without faults.</summary>
    public async Task SettleAsync(SimGateway[] through)
    {
        gateways = through;
        foreach (var batch in id is null ? [] : sent.ToList())
        {
            for (var attempts = 0; !batch.IsSettled; attempts++)
            {
                ledger.Rule(attempts < 20, $"batch {batch.Identity} gets no answer");
                await PutAsync(batch);
            }

            if (scheduler.Random.Next(3) == 0)
            {
                await PutAsync(batch);
            }
        }
    }

    private async Task PutAsync(SentBatch batch)
    {
        for (var steps = scheduler.Random.Next(40); steps > 0; steps--)
        {
            await scheduler.StepAsync();
        }

        var known = ledger.KnownOf(batch);
        var answer = await gateways[scheduler.Random.Next(gateways.Length)].PutAsync(batch);
        note($"put {batch.Ids[0]} {string.Join(',', answer.Parts.Select(part => $"{part.Shard}/{part.FirstPosition}/{part.ArrivalUnixMilliseconds}"))} {string.Join(',', answer.Faults.Select(fault => fault.Code))}");
        ledger.Told(batch, answer.Parts, known);
        foreach (var fault in answer.Faults)
        {
            ledger.Rule(
                fault.Code is BrokerErrorCode.Unavailable or BrokerErrorCode.StorageFull or BrokerErrorCode.ProducerFenced or BrokerErrorCode.BatchTooOld,
                $"batch {batch.Identity} was answered {fault.Code}: {fault.Message}");
        }

        batch.IsSettled |= answer.Faults.TrueForAll(fault => fault.Code is BrokerErrorCode.ProducerFenced or BrokerErrorCode.BatchTooOld);
    }

    private SentBatch Make()
    {
        var random = scheduler.Random;
        if (random.Next(25) == 0)
        {
            (epoch, number) = (epoch + 1, 0);
        }

        number += random.Next(12) == 0 ? (ulong)random.Next(300, 1100) : 1;
        var count = random.Next(10) == 0 ? random.Next(5, 40) : random.Next(1, 5);
        var batch = new SentBatch(
            id is { } producer ? new BatchIdentity(producer, epoch, number) : null,
            [.. Enumerable.Range(0, count).Select(_ => nextId())],
            [.. Enumerable.Range(0, count).Select(_ => new HashKey(new UInt128((ulong)random.NextInt64() << 1, 0)))],
            [.. Enumerable.Range(0, count).Select(_ => random.Next(60) == 0 ? random.Next(8, 40_000) : random.Next(8, 120))]);
        ledger.Sent(batch);
        sent.Add(batch);
        return batch;
    }
}
