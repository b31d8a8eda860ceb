using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Broker.Silo.Storage.Rows;
using Orleans.Storage;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Grain state in the bytes that rows have, too (<see cref="RowCodec"/>), so that both stores hold the same, with its format.</summary>
internal sealed class GrainStateSerializer(JsonSerializerOptions json) : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(RowCodec.Encode(input!, TypeOf<T>()));

    /// <exception cref="Storage.StorageException">Of a newer format, or damaged.</exception>
    public T Deserialize<T>(BinaryData input) => RowCodec.Decode($"grain state {typeof(T).Name}", input.ToMemory().Span, TypeOf<T>());

    private JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)json.GetTypeInfo(typeof(T));
}
