namespace Broker.Gateway.Aws.Streams;

/// <summary>AWS, Tag.</summary>
internal sealed class TagShape
{
    public string? Key { get; set; }

    public string? Value { get; set; }
}
