namespace Broker.Gateway.Aws.Shapes;

/// <summary>A blob as its request carries it: the bytes themselves, or base64. A part of the request's body.</summary>
/// <param name="Encoded">As it came.</param>
/// <param name="IsBase64">Whether that is base64.</param>
/// <param name="Length">Bytes of the blob itself.</param>
internal readonly record struct Blob(ReadOnlyMemory<byte> Encoded, bool IsBase64, int Length)
{
    /// <summary>As AWS's messages show it.</summary>
    public override string ToString() => $"java.nio.HeapByteBuffer[pos=0 lim={Length} cap={Length}]";
}
