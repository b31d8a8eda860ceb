using System.Net;
using System.Net.Sockets;
using System.Text;
using Broker.Cli;
using Broker.Cli.Bench.Aws;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>The load generator's HTTP: answers of a known length and in chunks, one after another on a connection.</summary>
public sealed class AwsConnectionTests
{
    [Fact]
    public async Task AnswersAreReadToTheirEndsInWhateverPieces()
    {
        const string First = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        const string Second = "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n3\r\nabc\r\nA;n=v\r\n0123456789\r\n0\r\n\r\n";
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await server.AcceptTcpClientAsync();
            foreach (var answer in (string[])[First, Second, First])
            {
                await client.GetStream().ReadExactlyAsync(new byte[3]);
                foreach (var piece in Encoding.ASCII.GetBytes(answer).Chunk(7))
                {
                    await client.GetStream().WriteAsync(piece);
                }
            }
        });
        using var connection = new AwsConnection(new Uri($"http://{server.LocalEndpoint}"));
        await connection.OpenAsync(CancellationToken.None);
        using var kept = new MemoryStream();
        Assert.Equal((200, 5L), await connection.CallAsync("one"u8.ToArray(), kept, CancellationToken.None));
        Assert.Equal((400, 13L), await connection.CallAsync("two"u8.ToArray(), kept, CancellationToken.None));
        Assert.Equal((200, 5L), await connection.CallAsync("end"u8.ToArray(), null, CancellationToken.None));
        Assert.Equal("helloabc0123456789", Encoding.ASCII.GetString(kept.ToArray()));
        await serving;
    }

    [Fact]
    public async Task AnAnswerThatEndsEarlyIsAnError()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = Task.Run(async () =>
        {
            using var client = await server.AcceptTcpClientAsync();
            await client.GetStream().ReadExactlyAsync(new byte[3]);
            await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"u8.ToArray());
        });
        using var connection = new AwsConnection(new Uri($"http://{server.LocalEndpoint}"));
        await connection.OpenAsync(CancellationToken.None);
        await Assert.ThrowsAsync<CommandException>(async () => await connection.CallAsync("one"u8.ToArray(), null, CancellationToken.None));
        await serving;
    }
}
