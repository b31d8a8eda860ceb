namespace Broker.Agent.Flows;

/// <summary>Takes the records of a flow to its stream.</summary>
internal interface IRecordTarget : IAsyncDisposable
{
    /// <summary>Puts a record; the task ends when it is durable, or failed for now.</summary>
    /// <param name="partitionKey">Its partition key.</param>
    /// <param name="data">Its data, which is copied before this returns.</param>
    Task PutAsync(string partitionKey, ReadOnlyMemory<byte> data);

    /// <summary>Sends what was gathered, and waits for the outcome.</summary>
    Task FlushAsync(CancellationToken cancellation);
}
