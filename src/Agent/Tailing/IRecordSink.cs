namespace Broker.Agent.Tailing;

/// <summary>Takes the records of a flow.</summary>
internal interface IRecordSink
{
    /// <summary>Whether it has enough for now: nothing more is read.</summary>
    bool IsFull { get; }

    /// <summary>Takes a record, whose bytes are copied before this returns.</summary>
    void Take(in LogRecord record);
}
