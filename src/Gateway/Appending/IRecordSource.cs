using Broker.Gateway.Routing;

namespace Broker.Gateway.Appending;

/// <summary>A request's records, which can be encoded again for another map.</summary>
public interface IRecordSource
{
    /// <summary>Encodes all records by a map.</summary>
    /// <returns>Null, or the first fault in words; then there is no batch.</returns>
    string? Encode(BatchEncoder encoder, StreamRoute route, RecordSpread spread, out EncodedBatch? batch);
}
