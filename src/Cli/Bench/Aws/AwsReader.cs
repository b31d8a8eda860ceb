namespace Broker.Cli.Bench.Aws;

/// <summary>A client of GetRecords that is ready: its connection, its one request, and what the first answer had.</summary>
/// <param name="Connection">Its own.</param>
/// <param name="Request">Reads from the beginning of a shard.</param>
/// <param name="Records">Records of the answer.</param>
/// <param name="Bytes">Bytes of the answer's body.</param>
internal sealed record AwsReader(AwsConnection Connection, byte[] Request, int Records, long Bytes) : IDisposable
{
    public void Dispose() => Connection.Dispose();
}
