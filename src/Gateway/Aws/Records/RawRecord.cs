using System.Text;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Records;

/// <summary>A record of a request, as parts of the request's body.</summary>
internal struct RawRecord
{
    public const int MaxDataBytes = 10 * 1024 * 1024;

    public ReadOnlyMemory<byte> PartitionKey;
    public ReadOnlyMemory<byte> ExplicitHashKey;
    public Blob Data;
    public bool HasPartitionKey;
    public bool HasExplicitHashKey;
    public bool HasData;

    /// <summary>Whether the record surely has AWS's form; where not, <see cref="ToEntry"/> is asked what is wrong, if anything.</summary>
    public readonly bool IsSound =>
        HasData
        && Data.Length <= MaxDataBytes
        && (!HasPartitionKey || PartitionKey.Length is > 0 and <= 256)
        && (!HasExplicitHashKey || IsHashKey(ExplicitHashKey.Span));

    public readonly PutEntry ToEntry() => new()
    {
        PartitionKey = HasPartitionKey ? Encoding.UTF8.GetString(PartitionKey.Span) : null,
        ExplicitHashKey = HasExplicitHashKey ? Encoding.UTF8.GetString(ExplicitHashKey.Span) : null,
        Data = HasData ? Data : null,
    };

    private static bool IsHashKey(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= 39 && (text[0] != '0' || text.Length == 1) && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
