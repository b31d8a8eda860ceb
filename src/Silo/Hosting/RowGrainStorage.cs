using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Orleans.Storage;

namespace Broker.Silo.Hosting;

/// <summary>Orleans' grain state as rows: partition <c>grain/&lt;state name&gt;</c>, the grain's id as key, the row's version as ETag.</summary>
/// <remarks>The state's type is written as <see cref="RowCodec"/> says. A write that another activation overtook is InconsistentStateException.</remarks>
public sealed class RowGrainStorage(IRowStore rows, JsonSerializerOptions json) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            var row = await rows.GetAsync(KeyOf(stateName, grainId), CancellationToken.None);
            grainState.RecordExists = row is not null;
            grainState.ETag = row?.Version.ToString(CultureInfo.InvariantCulture);
            grainState.State = row is null ? Activator.CreateInstance<T>() : RowCodec.Decode(row, TypeOf<T>());
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var expected = VersionOf(grainState.ETag);
        await WriteAsync(KeyOf(stateName, grainId), RowCodec.Encode(grainState.State!, TypeOf<T>()), expected, grainState.ETag);
        grainState.ETag = (expected + 1).ToString(CultureInfo.InvariantCulture);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        await WriteAsync(KeyOf(stateName, grainId), null, VersionOf(grainState.ETag), grainState.ETag);
        grainState.ETag = null;
        grainState.RecordExists = false;
        grainState.State = Activator.CreateInstance<T>();
    }

    private async Task WriteAsync(RowKey key, ReadOnlyMemory<byte>? value, long expected, string? etag)
    {
        try
        {
            await rows.WriteAsync([new RowWrite(key, value, expected)], CancellationToken.None);
        }
        catch (RowConflictException exception)
        {
            throw new InconsistentStateException($"{exception.Message} Another activation wrote it.", "unknown", etag ?? "none", exception);
        }
        catch (StorageException exception)
        {
            throw exception.ToBrokerException();
        }
    }

    private JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)json.GetTypeInfo(typeof(T));

    private static long VersionOf(string? etag) => etag is null ? 0 : long.Parse(etag, CultureInfo.InvariantCulture);

    private static RowKey KeyOf(string stateName, GrainId grainId) => new($"grain/{stateName}", grainId.ToString());
}
