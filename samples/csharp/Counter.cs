namespace Broker.Samples.CountRecords;

/// <summary>What all processors of this worker count together.</summary>
internal sealed class Counter
{
    private long records;

    public long Records => Interlocked.Read(ref records);

    public long Add(int more) => Interlocked.Add(ref records, more);
}
