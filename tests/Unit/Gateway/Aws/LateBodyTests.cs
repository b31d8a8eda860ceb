using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

/// <summary>A client that is too slow with its body is told so, and fills no log.</summary>
public sealed class LateBodyTests
{
    [Fact]
    public async Task A_body_that_times_out_is_no_error_of_ours()
    {
        await using var server = await GatewayServer.StartAsync(new FakeCluster(1), ("Broker:Gateway:MessageTimeout", "00:00:00.200"));
        using var errors = new Errors();
        server.Services.GetRequiredService<ILoggerFactory>().AddProvider(errors);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        const string Head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.1\r\nX-Amz-Target: Kinesis_20131202.ListStreams\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Head}Content-Length: 4\r\n\r\n{{"));
        Assert.Contains("400", await reader.ReadLineAsync(), StringComparison.Ordinal);

        // What comes late is read past, or the connection ends: either way the request is over before the test looks.
        await stream.WriteAsync(Encoding.ASCII.GetBytes($" }} {Head}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"));
        var rest = await reader.ReadToEndAsync();
        Assert.Contains("RequestTimeoutException", rest, StringComparison.Ordinal);
        Assert.Empty(errors.Texts);
    }

    private sealed class Errors : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Texts.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
