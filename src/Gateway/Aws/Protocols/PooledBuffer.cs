using System.Buffers;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>Bytes in one rented array that grows. Whoever makes it disposes of it. Not thread-safe.</summary>
internal sealed class PooledBuffer(int expectedBytes = 1024) : IDisposable
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(expectedBytes, 256));

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, Length);

    /// <summary>The same bytes, for the owner to change.</summary>
    public Memory<byte> Content => buffer.AsMemory(0, Length);

    /// <summary>Room for at least so many bytes more.</summary>
    public Span<byte> GetSpan(int bytes)
    {
        Reserve(bytes);
        return buffer.AsSpan(Length);
    }

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int bytes)
    {
        Reserve(bytes);
        return buffer.AsMemory(Length);
    }

    public void Advance(int bytes) => Length += bytes;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Write(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        Length = 0;
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Reserve(int bytes)
    {
        if (buffer.Length - Length >= bytes)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + bytes), Math.Min(buffer.Length, int.MaxValue / 2) * 2));
        buffer.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
