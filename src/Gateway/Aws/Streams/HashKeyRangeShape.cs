using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, HashKeyRange.</summary>
internal sealed class HashKeyRangeShape
{
    public string? StartingHashKey { get; set; }

    public string? EndingHashKey { get; set; }

    public static HashKeyRangeShape Of(HashKeyRange range) => new() { StartingHashKey = range.Start.ToString(), EndingHashKey = range.End.ToString() };
}
