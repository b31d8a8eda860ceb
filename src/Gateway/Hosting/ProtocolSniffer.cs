using System.Buffers;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Broker.Gateway.Hosting;

/// <summary>Looks at a connection's first bytes: HTTP/2's preface, a method of HTTP/1.1, or neither, which is closed.</summary>
/// <remarks>Nothing is consumed. A client that says nothing within the time is closed too.</remarks>
internal sealed class ProtocolSniffer(TimeSpan patience, TimeProvider clock)
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var isHttp2 = await SniffAsync(connection);
        if (isHttp2 is null)
        {
            return;
        }

        if (isHttp2.Value)
        {
            connection.Features.Set<ITlsConnectionFeature>(ClearTextHttp2.Instance);
            connection.Features.Set<ITlsApplicationProtocolFeature>(ClearTextHttp2.Instance);
        }

        await next(connection);
    }

    /// <returns>Null where the connection speaks neither protocol, or nothing.</returns>
    internal static bool? Judge(ReadOnlySequence<byte> bytes, out bool needsMore)
    {
        Span<byte> start = stackalloc byte[24];
        start = start[..(int)Math.Min(start.Length, bytes.Length)];
        bytes.Slice(0, start.Length).CopyTo(start);
        needsMore = Preface.StartsWith(start) && start.Length < Preface.Length;
        if (needsMore)
        {
            return null;
        }

        return start.SequenceEqual(Preface) ? true : char.IsAsciiLetter((char)start[0]) || start[0] is (byte)'\r' or (byte)'\n' ? false : null;
    }

    private async Task<bool?> SniffAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var silence = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, connection.ConnectionClosed);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(either.Token);
                var answer = Judge(read.Buffer, out var needsMore);
                input.AdvanceTo(read.Buffer.Start, needsMore ? read.Buffer.End : read.Buffer.Start);
                if (!needsMore)
                {
                    return answer;
                }

                if (read.IsCompleted || read.IsCanceled)
                {
                    return null;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ConnectionResetException or ConnectionAbortedException)
        {
            return null;
        }
    }
}
