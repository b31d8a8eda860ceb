namespace Broker.Silo.Storage.Embedded.Devices;

/// <summary>An open file of an <see cref="IDevice"/>. Reads may go on beside a write; the owner never has two writes of a file in flight.</summary>
internal interface IDeviceFile : IAsyncDisposable
{
    /// <summary>Bytes allocated.</summary>
    long Length { get; }

    /// <summary>Writes within the allocated length.</summary>
    /// <remarks>
    /// <see cref="DeviceFileKind.Journal"/>: offset and length are multiples of <see cref="AlignedMemory.Alignment"/>, and the bytes
    /// are durable on return. <see cref="DeviceFileKind.Bulk"/>: durable after <see cref="FlushAsync"/>. The memory must stay
    /// unchanged until then. After an exception any part may have landed, or may land later.
    /// </remarks>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data);

    /// <summary>Makes everything written durable, by whichever process it was written.</summary>
    ValueTask FlushAsync();

    /// <summary>Reads until the destination is full or the file ends.</summary>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="uncached">From the medium itself, past any cache of the system.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Bytes read.</returns>
    ValueTask<int> ReadAsync(long offset, Memory<byte> destination, bool uncached, CancellationToken cancellationToken);
}
