namespace Broker.Cli.Bench;

/// <summary>How <c>broker bench put</c> puts.</summary>
internal enum PutMode
{
    /// <summary>Batches through Produce, pipelined.</summary>
    Produce,

    /// <summary>Single records through Produce, pipelined.</summary>
    Pipelined,

    /// <summary>Through the .NET client library's producer: in each client one awaited put after another, all clients on one producer.</summary>
    Client,

    /// <summary>PutRecord, one call after another in each client.</summary>
    PutRecord,

    /// <summary>PutRecords, one call after another in each client.</summary>
    PutRecords,
}
