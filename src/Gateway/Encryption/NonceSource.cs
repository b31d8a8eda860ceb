using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Broker.Gateway.Encryption;

/// <summary>Nonces for all blocks that this process encrypts: 64 random bits of its own, and a count. Thread-safe.</summary>
/// <remarks>
/// No nonce comes twice from one process, and those of two processes differ unless they drew the same 64 bits
/// (docs/adr/0003-nonces-by-process.md). When the count is used up, other bits are drawn.
/// </remarks>
/// <param name="prefix">The process's own bits: drawn by chance but in tests.</param>
/// <param name="firstCount">Where the count begins.</param>
internal sealed class NonceSource(ulong prefix, uint firstCount)
{
    private readonly Lock sync = new();
    private ulong prefix = prefix;
    private ulong next = firstCount;

    public NonceSource()
        : this(Draw(), 0)
    {
    }

    public (ulong High, uint Low) Take()
    {
        lock (sync)
        {
            if (next > uint.MaxValue)
            {
                prefix = Draw();
                next = 0;
            }

            return (prefix, (uint)next++);
        }
    }

    private static ulong Draw()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
