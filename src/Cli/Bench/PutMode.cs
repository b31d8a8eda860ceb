namespace Broker.Cli.Bench;

/// <summary>How <c>broker bench put</c> puts.</summary>
internal enum PutMode
{
    /// <summary>Batches through Produce, pipelined.</summary>
    Produce,

    /// <summary>Single records through Produce, pipelined.</summary>
    Pipelined,

    /// <summary>PutRecord, one call after another in each client.</summary>
    PutRecord,

    /// <summary>PutRecords, one call after another in each client.</summary>
    PutRecords,
}
