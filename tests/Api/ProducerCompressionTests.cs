using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Broker.Kcl.Producer;
using Broker.Tests.Harness;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Api;

/// <summary>The .NET producer's batches on the network, compressed and not.</summary>
public sealed class ProducerCompressionTests
{
    private const int Records = 20;
    private const int RecordBytes = 10_000;

    [Theory]
    [InlineData(true, 0, 20_000)]
    [InlineData(false, Records * RecordBytes, 2 * Records * RecordBytes)]
    public async Task CompressedBatchesAreSmallOnTheWayAndWholeInTheStream(bool isCompressed, long least, long most)
    {
        using var broker = new BrokerProcess();
        await broker.StartAsync();
        using var channel = broker.Connect();
        var streams = new StreamService.StreamServiceClient(channel);
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = "s", ShardCount = 1, Mode = StreamMode.Provisioned });
        await BrokerProcess.WaitUntilActiveAsync(streams, "s");
        var sent = new StrongBox<long>();
        var options = new BrokerProducerOptions
        {
            StreamName = "s",
            Endpoints = [new Uri(broker.Endpoint)],
            CompressionEnabled = isCompressed,
            ConfigureHandler = handler => handler.ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new CountedStream(socket, sent);
            },
        };
        var data = Encoding.ASCII.GetBytes(new string('a', RecordBytes));
        await using (var producer = new BrokerProducer(options))
        {
            await Task.WhenAll(Enumerable.Range(0, Records).Select(_ => producer.PutAsync("k", data)));
        }

        Assert.InRange(Interlocked.Read(ref sent.Value), least, most);
        var records = new RecordService.RecordServiceClient(channel);
        var iterator = await records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = "s",
            ShardId = "shardId-000000000000",
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        });
        var read = (await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator.ShardIterator })).Records;
        Assert.Equal(Records, read.Count);
        Assert.All(read, record => Assert.Equal(data, record.Data.ToByteArray()));
    }

    /// <summary>Counts what is written.</summary>
    private sealed class CountedStream(Socket socket, StrongBox<long> sent) : NetworkStream(socket, ownsSocket: true)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref sent.Value, buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
