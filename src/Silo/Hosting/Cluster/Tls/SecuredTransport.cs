using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;

namespace Broker.Silo.Hosting.Cluster.Tls;

/// <summary>What Orleans reads and writes in place of the connection's own pipes.</summary>
internal sealed class SecuredTransport(SslStream stream) : IDuplexPipe
{
    /// <summary>Some TLS records of 16 KiB: blocks of records are larger than that, and each read and write has a price.</summary>
    private const int BufferBytes = 64 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(MemoryPool<byte>.Shared, BufferBytes, leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(MemoryPool<byte>.Shared, BufferBytes, leaveOpen: true));
}
