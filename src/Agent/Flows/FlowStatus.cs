namespace Broker.Agent.Flows;

/// <summary>How a flow is doing; written by its runner, read by whoever tells it.</summary>
internal sealed class FlowStatus(string streamName, string filePattern)
{
    private long records;
    private long paths;
    private long pending;
    private long bytesBehind;

    public string StreamName { get; } = streamName;

    public string FilePattern { get; } = filePattern;

    public KeyValuePair<string, object?>[] Tags { get; } = [new("stream", streamName), new("pattern", filePattern)];

    /// <summary>Records that are durable, since the start of the agent.</summary>
    public long Records => Interlocked.Read(ref records);

    public long Paths => Interlocked.Read(ref paths);

    public long Pending => Interlocked.Read(ref pending);

    public long BytesBehind => Interlocked.Read(ref bytesBehind);

    public void AddRecords(long count) => Interlocked.Add(ref records, count);

    public void Set(long pathCount, long pendingRecords, long behind)
    {
        Interlocked.Exchange(ref paths, pathCount);
        Interlocked.Exchange(ref pending, pendingRecords);
        Interlocked.Exchange(ref bytesBehind, behind);
    }
}
