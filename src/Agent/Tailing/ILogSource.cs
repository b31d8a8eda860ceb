namespace Broker.Agent.Tailing;

/// <summary>The content of a file, wherever it is by now.</summary>
internal interface ILogSource : IDisposable
{
    /// <summary>Bytes of content, as far as they are there now; of a compressed file what it says of itself, modulo 2^32.</summary>
    long Length { get; }

    /// <summary>Whether more may be written to it.</summary>
    bool IsGrowing { get; }

    /// <summary>Whether it has no name any more.</summary>
    bool IsDeleted { get; }

    /// <summary>When it was written last, in nanoseconds of Unix time; of a compressed file, when what it held was.</summary>
    long ModifiedNanoseconds { get; }

    /// <summary>Reads content.</summary>
    /// <param name="offset">Where, in bytes of content.</param>
    /// <param name="destination">Where to.</param>
    /// <returns>Bytes read; 0 at the end.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    int Read(long offset, Span<byte> destination);
}
