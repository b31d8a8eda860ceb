using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <summary>A stream's data keys as they are stored with its settings: wrapped, so that they open nothing by themselves. Pure.</summary>
public sealed record StreamEncryptionState
{
    /// <summary>Data keys that a stream may have at once.</summary>
    public const int MaxKeys = 1_024;

    /// <summary>How long after its end a gateway that knows no better may still encrypt under a data key: far longer than it can.</summary>
    private const long RetirementMilliseconds = 86_400_000;

    /// <summary>As StartStreamEncryption was given it; null while new records are stored in the clear.</summary>
    public string? KeyId { get; set; }

    /// <summary>The last number given to a data key.</summary>
    public uint LastGeneration { get; set; }

    public ImmutableArray<DataKeyState> Keys { get; set; } = [];

    /// <summary>When encryption was started in the last 24 hours; milliseconds since 1970.</summary>
    public ImmutableArray<long> Starts { get; set; } = [];

    /// <summary>When it was stopped, likewise.</summary>
    public ImmutableArray<long> Stops { get; set; } = [];

    /// <summary>The data key for new records; null for none.</summary>
    [JsonIgnore]
    public DataKeyState? Current => KeyId is null ? null : Keys[^1];

    public StreamEncryptionState Start(string keyId, string masterKeyId, ImmutableArray<byte> wrapped, long now) =>
        Add(masterKeyId, wrapped, now) with { KeyId = keyId, Starts = [.. LastDay(Starts, now), now] };

    public StreamEncryptionState Stop(long now) => Retire(now) with { KeyId = null, Stops = [.. LastDay(Stops, now), now] };

    /// <summary>Another data key for the same encryption.</summary>
    public StreamEncryptionState Add(string masterKeyId, ImmutableArray<byte> wrapped, long now)
    {
        var key = new DataKeyState
        {
            Generation = LastGeneration + 1,
            MasterKeyId = masterKeyId,
            Wrapped = Convert.ToBase64String(wrapped.AsSpan()),
            CreatedUnixMilliseconds = now,
        };
        var retired = Retire(now);
        return retired with { LastGeneration = key.Generation, Keys = retired.Keys.Add(key) };
    }

    /// <summary>Drops the data keys of which every record has expired.</summary>
    /// <param name="horizon">Records that arrived before it are never served again.</param>
    public StreamEncryptionState Trim(long horizon)
    {
        var kept = Keys.RemoveAll(key => key.RetiredUnixMilliseconds + RetirementMilliseconds < horizon);
        return kept.Length == Keys.Length ? this : this with { Keys = kept };
    }

    public static IEnumerable<long> LastDay(ImmutableArray<long> times, long now) => times.Where(time => time > now - 86_400_000);

    public StreamEncryption ToDescription() => new(
        KeyId,
        Current?.Generation ?? 0,
        [.. Keys.Select(static key => new WrappedDataKey(
            key.Generation, key.MasterKeyId, [.. Convert.FromBase64String(key.Wrapped)], key.CreatedUnixMilliseconds))]);

    private StreamEncryptionState Retire(long now) => Current is not { } current ? this
        : this with { Keys = Keys.SetItem(Keys.Length - 1, current with { RetiredUnixMilliseconds = now }) };
}
