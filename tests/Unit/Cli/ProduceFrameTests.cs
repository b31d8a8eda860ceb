using System.Buffers;
using System.Text;
using Broker.Cli.Bench;
using Broker.Cli.Client;
using Broker.Kcl.Producer;
using Broker.V1;
using Google.Protobuf;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>What the client writes by hand is what the generated messages read.</summary>
public sealed class ProduceFrameTests
{
    private const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Theory]
    [InlineData(1UL, 1, 10, "")]
    [InlineData(300UL, 500, 1024, Trace)]
    [InlineData(ulong.MaxValue, 3, 200_000, Trace)]
    public void A_batch_reads_as_the_generated_message(ulong number, int count, int bytes, string traceParent)
    {
        var builder = new BatchBuilder();
        var data = new byte[bytes];
        Random.Shared.NextBytes(data);
        for (var i = 0; i < count; i++)
        {
            builder.Add(Encoding.UTF8.GetBytes($"k{i}"), data, i % 2 == 0 ? "17" : default);
        }

        var buffer = new ArrayBufferWriter<byte>();
        ProduceFrame.Batch(number, builder.Take(), traceParent).WriteTo(buffer);
        var request = ProduceRequest.Parser.ParseFrom(buffer.WrittenSpan);
        Assert.Equal(number, request.Batch.BatchNumber);
        Assert.Equal(traceParent, request.Batch.Traceparent);
        Assert.Equal(count, request.Batch.Records.Count);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"k{i}"), request.Batch.Records.Select(record => record.PartitionKey));
        Assert.All(request.Batch.Records, record => Assert.Equal(data, record.Data.ToByteArray()));
        Assert.Equal("17", request.Batch.Records[0].ExplicitHashKey);
        Assert.Equal(request.ToByteArray(), buffer.WrittenSpan.ToArray());
        Assert.Equal(0, builder.Count);
    }

    [Fact]
    public void A_batch_is_full_by_records_or_by_bytes()
    {
        var builder = new BatchBuilder();
        for (var i = 0; i < BatchBuilder.MaxRecords; i++)
        {
            Assert.False(builder.IsFull);
            builder.Add("k"u8, default);
        }

        Assert.True(builder.IsFull);
        builder.Take();
        builder.Add("k"u8, new byte[BatchBuilder.FullBytes]);
        Assert.True(builder.IsFull);
    }

    [Fact]
    public void Counting_an_answer_is_as_parsing_it()
    {
        var answer = new GetRecordsResponse { NextShardIterator = "next", MillisBehindLatest = 4711 };
        for (var i = 0; i < 300; i++)
        {
            answer.Records.Add(new V1.Record { SequenceNumber = "1", PartitionKey = "k", Data = ByteString.CopyFrom(new byte[i]) });
        }

        var count = ReadCount.Parse(new ReadOnlySequence<byte>(answer.ToByteArray()));
        Assert.Equal((300, "next", 4711L), (count.Records, count.NextIterator, count.MillisBehindLatest));
        Assert.Equal(answer.Records.Sum(record => record.CalculateSize()), count.Bytes);
    }
}
