namespace Broker.Gateway.Aws;

/// <summary>The answer of an operation that answers nothing: its body is empty.</summary>
internal sealed class NoOutput
{
    public static NoOutput Instance { get; } = new();
}
