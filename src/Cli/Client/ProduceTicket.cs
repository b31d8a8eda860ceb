using Broker.Kcl.Producer;
using Broker.V1;

namespace Broker.Cli.Client;

/// <summary>A batch on its way; kept by its <see cref="ProducerSession"/> until it is acknowledged.</summary>
internal sealed class ProduceTicket(ulong number, ReadOnlyMemory<byte> records, int recordCount)
{
    private readonly TaskCompletionSource<ProduceAck> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ulong Number { get; } = number;

    public int RecordCount { get; } = recordCount;

    /// <summary>The last word on the batch: durable, or an error that sending again does not mend.</summary>
    public Task<ProduceAck> Acknowledged => done.Task;

    /// <summary>The broker refused it at least once for the moment; later batches may have overtaken it.</summary>
    public bool WasRefused { get; private set; }

    internal ProduceFrame Frame { get; } = ProduceFrame.Batch(number, records);

    /// <summary>Not to be sent before this timestamp.</summary>
    internal long NotBefore { get; private set; }

    internal void Refuse(long notBefore)
    {
        WasRefused = true;
        NotBefore = notBefore;
    }

    internal void Complete(ProduceAck ack) => done.TrySetResult(ack);

    internal void Fail(Exception exception)
    {
        done.TrySetException(exception);
        _ = done.Task.Exception;
    }
}
