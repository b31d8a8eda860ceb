using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Encryption;

/// <summary>A stream's data key, opened: the only place where its bits are, within the cipher's own memory. Thread-safe.</summary>
/// <remarks>One cipher works for one thread at a time, so there are several. They are freed, and their memory cleared, when nobody holds the key any more.</remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A block may be under way with a key that has left the cache; the ciphers' handles free themselves.")]
internal sealed class DataKey
{
    private const int NonceBytes = 12;

    private readonly AesGcm[] ciphers;
    private long blocks;

    /// <param name="key">What it is.</param>
    /// <param name="plaintext">32 bytes; copied.</param>
    public DataKey(WrappedDataKey key, ReadOnlySpan<byte> plaintext)
    {
        Key = key;
        ciphers = new AesGcm[Math.Clamp(Environment.ProcessorCount, 1, 16)];
        for (var i = 0; i < ciphers.Length; i++)
        {
            ciphers[i] = new AesGcm(plaintext, BlockHead.EncryptionTagBytes);
        }
    }

    public WrappedDataKey Key { get; }

    /// <summary>Blocks encrypted by this process.</summary>
    public long Blocks => Interlocked.Read(ref blocks);

    /// <param name="nonce">Never used under this key before.</param>
    /// <param name="plain">The payload.</param>
    /// <param name="destination">The ciphertext and its tag: longer than the payload by the tag.</param>
    /// <param name="associated">What the ciphertext is bound to.</param>
    public void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plain, Span<byte> destination, ReadOnlySpan<byte> associated)
    {
        Interlocked.Increment(ref blocks);
        var cipher = Cipher();
        lock (cipher)
        {
            cipher.Encrypt(nonce[..NonceBytes], plain, destination[..plain.Length], destination[plain.Length..], associated);
        }
    }

    /// <exception cref="AuthenticationTagMismatchException">The bytes are not what was encrypted, or not bound to this.</exception>
    public void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> associated)
    {
        var cipher = Cipher();
        lock (cipher)
        {
            cipher.Decrypt(nonce[..NonceBytes], stored[..plain.Length], stored[plain.Length..], plain, associated);
        }
    }

    private AesGcm Cipher() => ciphers[Thread.GetCurrentProcessorId() % ciphers.Length];
}
