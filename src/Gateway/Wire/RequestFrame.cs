using System.Buffers;
using Grpc.Core;

namespace Broker.Gateway.Wire;

/// <summary>A request as it came: its bytes in a rented buffer, read in place. Whoever handles the request disposes of it.</summary>
public sealed class RequestFrame : IDisposable
{
    private byte[]? buffer;
    private readonly int length;

    public RequestFrame(ReadOnlySequence<byte> payload)
    {
        length = checked((int)payload.Length);
        buffer = ArrayPool<byte>.Shared.Rent(length);
        payload.CopyTo(buffer);
    }

    public ReadOnlySpan<byte> Message => (buffer ?? throw new ObjectDisposedException(nameof(RequestFrame))).AsSpan(0, length);

    /// <summary>Reads requests of the server's side; requests are never written by it.</summary>
    public static Marshaller<RequestFrame> Marshaller { get; } = Marshallers.Create<RequestFrame>(
        static (_, _) => throw new NotSupportedException("The gateway reads requests and writes none."),
        static context => new RequestFrame(context.PayloadAsReadOnlySequence()));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref buffer, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
