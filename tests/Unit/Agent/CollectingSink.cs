using System.Text;
using Broker.Agent.Tailing;

namespace Broker.Tests.Unit.Agent;

/// <summary>Takes records, and takes them for durable when it is told to.</summary>
internal sealed class CollectingSink : IRecordSink
{
    private readonly Queue<LogRecord> open = new();

    public List<string> Records { get; } = [];

    public bool IsFull => open.Count >= Capacity;

    public int Capacity { get; set; } = int.MaxValue;

    public void Take(in LogRecord record)
    {
        open.Enqueue(record);
        if (!record.IsSkipped)
        {
            Records.Add(Encoding.UTF8.GetString(record.Data.Span));
        }
    }

    /// <summary>Acknowledges the oldest records.</summary>
    public void Acknowledge(int count = int.MaxValue)
    {
        for (var i = 0; i < count && open.TryDequeue(out var record); i++)
        {
            record.File.Acknowledge(record.End);
        }
    }

    /// <summary>Forgets what is not acknowledged.</summary>
    public void Drop() => open.Clear();
}
