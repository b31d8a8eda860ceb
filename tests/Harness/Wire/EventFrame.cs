using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Broker.Tests.Harness.Wire;

/// <summary>A frame of <c>application/vnd.amazon.eventstream</c>.</summary>
/// <param name="Headers">Its headers, all of which are strings here.</param>
/// <param name="Payload">Its payload.</param>
public sealed record EventFrame(IReadOnlyDictionary<string, string> Headers, byte[] Payload)
{
    private const int Prelude = 12;

    public string? Type => Headers.GetValueOrDefault(":event-type") ?? Headers.GetValueOrDefault(":exception-type");

    /// <summary>Reads one frame and checks both checksums; null at the end of the stream.</summary>
    public static async Task<EventFrame?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var prelude = new byte[Prelude];
        switch (await stream.ReadAtLeastAsync(prelude, Prelude, throwOnEndOfStream: false, cancellation))
        {
            case 0:
                return null;
            case < Prelude:
                throw new EndOfStreamException("The stream ends within a prelude.");
        }

        // Before the lengths are used.
        Check(prelude.AsSpan(0, 8), prelude.AsSpan(8, 4), "prelude");
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(prelude)];
        var headerBytes = BinaryPrimitives.ReadInt32BigEndian(prelude.AsSpan(4));
        prelude.CopyTo(frame, 0);
        await stream.ReadExactlyAsync(frame.AsMemory(Prelude), cancellation);
        Check(frame.AsSpan(..^4), frame.AsSpan(^4..), "frame");
        return new EventFrame(ReadHeaders(frame.AsSpan(Prelude, headerBytes)), frame[(Prelude + headerBytes)..^4]);
    }

    private static void Check(ReadOnlySpan<byte> of, ReadOnlySpan<byte> checksum, string what)
    {
        if (Crc32.HashToUInt32(of) != BinaryPrimitives.ReadUInt32BigEndian(checksum))
        {
            throw new InvalidDataException($"The checksum of the {what} does not match.");
        }
    }

    private static Dictionary<string, string> ReadHeaders(ReadOnlySpan<byte> bytes)
    {
        var headers = new Dictionary<string, string>();
        while (bytes.Length > 0)
        {
            var name = Encoding.UTF8.GetString(bytes.Slice(1, bytes[0]));
            bytes = bytes[(1 + bytes[0])..];
            if (bytes[0] != 7)
            {
                throw new InvalidDataException($"Header {name} is of type {bytes[0]}, not a string (7).");
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
            headers.Add(name, Encoding.UTF8.GetString(bytes.Slice(3, length)));
            bytes = bytes[(3 + length)..];
        }

        return headers;
    }
}
