using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Broker.Cli.Bench.Aws;

/// <summary>One HTTP/1.1 connection that sends prepared requests and counts the bytes of their answers: what is measured is the server, not
/// the reading of its answers. For one caller at a time.</summary>
internal sealed class AwsConnection(Uri endpoint) : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[256 * 1024];
    private int start;
    private int end;

    public async Task OpenAsync(CancellationToken cancellation) => await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);

    /// <summary>Sends a request and reads its answer to the end.</summary>
    /// <param name="request">Head and body.</param>
    /// <param name="keep">Takes the body's bytes; null to drop them.</param>
    /// <param name="cancellation">Ends the wait; the connection is of no use then.</param>
    /// <returns>The status, and the length of the body.</returns>
    public async ValueTask<(int Status, long Bytes)> CallAsync(ReadOnlyMemory<byte> request, Stream? keep, CancellationToken cancellation)
    {
        for (var sent = 0; sent < request.Length;)
        {
            sent += await socket.SendAsync(request[sent..], cancellation);
        }

        var status = ParseStatus(await LineAsync(cancellation));
        long? length = null;
        var isChunked = false;
        while (await LineAsync(cancellation) is { Length: > 0 } line)
        {
            if (line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
            {
                length = long.Parse(line.AsSpan(15), provider: null);
            }
            else if (line.StartsWith("transfer-encoding:", StringComparison.OrdinalIgnoreCase))
            {
                isChunked = line.Contains("chunked", StringComparison.OrdinalIgnoreCase);
            }
        }

        if (!isChunked)
        {
            await BodyAsync(length ?? 0, keep, cancellation);
            return (status, length ?? 0);
        }

        for (var total = 0L; ;)
        {
            var size = Convert.ToInt64((await LineAsync(cancellation)).Split(';')[0], 16);
            await BodyAsync(size, keep, cancellation);
            await LineAsync(cancellation);
            if (size == 0)
            {
                return (status, total);
            }

            total += size;
        }
    }

    public void Dispose() => socket.Dispose();

    private static int ParseStatus(string line) =>
        line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && Utf8Parser.TryParse(Encoding.ASCII.GetBytes(line[9..]), out int status, out _)
            ? status
            : throw new CommandException($"The answer begins with '{line}', not with HTTP/1.1 and a status.");

    private async ValueTask<string> LineAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var at = buffer.AsSpan(start, end - start).IndexOf("\r\n"u8);
            if (at >= 0)
            {
                var line = Encoding.Latin1.GetString(buffer, start, at);
                start += at + 2;
                return line;
            }

            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
            }

            end += await ReceiveAsync(buffer.AsMemory(end), cancellation);
        }
    }

    private async ValueTask BodyAsync(long length, Stream? keep, CancellationToken cancellation)
    {
        while (length > 0)
        {
            if (start == end)
            {
                start = 0;
                end = await ReceiveAsync(buffer, cancellation);
            }

            var take = (int)Math.Min(length, end - start);
            keep?.Write(buffer, start, take);
            start += take;
            length -= take;
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken cancellation) =>
        into.Length > 0 && await socket.ReceiveAsync(into, cancellation) is > 0 and var read
            ? read
            : throw new CommandException($"{endpoint} ended the connection in the middle of an answer.");
}
