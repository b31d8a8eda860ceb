using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Broker.Bench.Redis;

/// <summary>Sends prepared pipelines of XADD in Redis' own protocol and counts the answers, so that the generator costs next to nothing.</summary>
internal sealed class StreamLoad(int port, int pipeline, int recordBytes, int connections)
{
    private const int Variety = 8;

    /// <summary>Empties the stream, then adds to it.</summary>
    public async Task<Figure> RunAsync(TimeSpan duration)
    {
        using (var socket = await OpenAsync())
        {
            await socket.SendAsync("*2\r\n$6\r\nUNLINK\r\n$5\r\nbench\r\n"u8.ToArray());
            await ReadAnswersAsync(socket, 1, new byte[256]);
        }

        var latencies = new ConcurrentBag<double>();
        long added = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(connection => Task.Run(async () =>
        {
            using var socket = await OpenAsync();
            var batches = Enumerable.Range(0, Variety).Select(batch => Prepare(new Random((connection * Variety) + batch))).ToArray();
            var buffer = new byte[64 * 1024];
            for (var sent = 0; clock.Elapsed < duration; sent++)
            {
                var began = Stopwatch.GetTimestamp();
                var answers = ReadAnswersAsync(socket, pipeline, buffer);
                for (var batch = batches[sent % Variety].AsMemory(); batch.Length > 0;)
                {
                    batch = batch[await socket.SendAsync(batch)..];
                }

                await answers;
                latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                Interlocked.Add(ref added, pipeline);
            }
        })));
        var rate = added / clock.Elapsed.TotalSeconds;
        var sorted = latencies.Order().ToList();
        return new Figure(Math.Round(rate), new Latency(At(0.5), At(0.99)));

        double At(double share) => sorted.Count == 0 ? 0 : Math.Round(sorted[(int)(share * (sorted.Count - 1))], 3);
    }

    /// <summary>Each answer is a bulk string, or a number, of one or two lines; an error begins with a minus.</summary>
    private static async Task ReadAnswersAsync(Socket socket, int count, byte[] buffer)
    {
        var lines = 0L;
        var expected = long.MaxValue;
        var isAtStart = true;
        while (lines < expected)
        {
            var read = await socket.ReceiveAsync(buffer);
            if (read == 0)
            {
                throw new InvalidOperationException("Redis ended the connection.");
            }

            for (var i = 0; i < read; i++)
            {
                if (isAtStart && buffer[i] == '-')
                {
                    throw new InvalidOperationException($"Redis refused: {Encoding.UTF8.GetString(buffer, i, read - i)}");
                }

                if (isAtStart && expected == long.MaxValue)
                {
                    expected = buffer[i] == '$' ? count * 2L : count;
                }

                isAtStart = buffer[i] == '\n';
                lines += isAtStart ? 1 : 0;
            }
        }
    }

    private byte[] Prepare(Random random)
    {
        using var commands = new MemoryStream();
        var data = new byte[recordBytes];
        for (var i = 0; i < pipeline; i++)
        {
            random.NextBytes(data);
            commands.Write(Encoding.ASCII.GetBytes($"*5\r\n$4\r\nXADD\r\n$5\r\nbench\r\n$1\r\n*\r\n$1\r\nd\r\n${recordBytes}\r\n"));
            commands.Write(data);
            commands.Write("\r\n"u8);
        }

        return commands.ToArray();
    }

    private async Task<Socket> OpenAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        return socket;
    }
}
