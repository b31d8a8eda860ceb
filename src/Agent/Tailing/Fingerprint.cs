using System.Security.Cryptography;

namespace Broker.Agent.Tailing;

/// <summary>By what a stretch of content is known again, without keeping it.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Hash">The first half of its SHA-256, hexadecimal.</param>
internal readonly record struct Fingerprint(long Start, int Length, string Hash)
{
    /// <summary>Most bytes that one covers.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Of nothing: every content has it.</summary>
    public static Fingerprint None { get; } = new(0, 0, "");

    public long End => Start + Length;

    public static Fingerprint Of(long start, ReadOnlySpan<byte> content)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, digest);
        return new Fingerprint(start, content.Length, Convert.ToHexStringLower(digest[..(digest.Length / 2)]));
    }

    /// <summary>Whether a source has this content at this place.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public bool Fits(ILogSource source)
    {
        if (Length == 0)
        {
            return true;
        }

        Span<byte> content = stackalloc byte[MaxBytes];
        content = content[..Length];
        return ReadWhole(source, Start, content) == Length && Of(Start, content).Hash == Hash;
    }

    /// <summary>Reads until the destination is full or the content ends.</summary>
    public static int ReadWhole(ILogSource source, long offset, Span<byte> destination)
    {
        var filled = 0;
        while (filled < destination.Length && source.Read(offset + filled, destination[filled..]) is > 0 and var read)
        {
            filled += read;
        }

        return filled;
    }
}
