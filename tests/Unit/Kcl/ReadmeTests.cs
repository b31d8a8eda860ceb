using System.Globalization;
using System.Text;
using Broker.Kcl.Aggregation;
using Broker.Kcl.Consumer;
using Broker.Kcl.Producer;
using Broker.Tests.Unit.Cli;
using Broker.Tests.Unit.Kcl.Consumer;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Broker.Tests.Unit.Kcl;

/// <summary>src/Kcl/README.md: its code is what runs here, line for line, and it lists every option.</summary>
public sealed class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "src", "Kcl", "README.md"));

    [Fact]
    public void The_code_of_the_tour_is_the_code_of_these_tests()
    {
        var source = Lines(File.ReadAllText(Path.Combine(ArchitectureTests.Root, "tests", "Unit", "Kcl", "ReadmeTests.cs"))).ToHashSet();
        var blocks = Readme.Split("```csharp").Skip(1).Select(block => block.Split("```")[0]).ToArray();
        Assert.Equal(4, blocks.Length);
        Assert.All(blocks.SelectMany(Lines), line => Assert.Contains(line, source));

        static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);
    }

    [Fact]
    public void Every_option_is_listed_with_its_name()
    {
        Assert.All(typeof(BrokerProducerOptions).GetProperties(), property => Assert.Contains($"| `{property.Name}` |", Readme, StringComparison.Ordinal));
        Assert.All(typeof(BrokerConsumerOptions).GetProperties(), property => Assert.Contains($"| `{property.Name}` |", Readme, StringComparison.Ordinal));
        var options = new BrokerProducerOptions();
        (string Name, IFormattable Value)[] numbers =
        [
            (nameof(options.MaxBatchRecords), options.MaxBatchRecords), (nameof(options.MaxBatchBytes), options.MaxBatchBytes),
            (nameof(options.MaxInFlightBatchesPerShard), options.MaxInFlightBatchesPerShard),
            (nameof(options.MaxOutstandingRecords), options.MaxOutstandingRecords), (nameof(options.MaxOutstandingBytes), options.MaxOutstandingBytes),
            (nameof(options.AggregationMaxBytes), options.AggregationMaxBytes),
        ];
        var consumer = new BrokerConsumerOptions();
        numbers =
        [
            .. numbers, (nameof(consumer.MaxRecords), consumer.MaxRecords),
            (nameof(consumer.MaxBufferedBytesPerShard), consumer.MaxBufferedBytesPerShard), (nameof(consumer.MaxBufferedBytes), consumer.MaxBufferedBytes),
        ];
        Assert.All(numbers, number => Assert.Contains(
            $"| `{number.Name}` | {number.Value.ToString("N0", CultureInfo.InvariantCulture)} |", Readme, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tour_of_the_producer_runs()
    {
        await using var broker = await InMemoryBroker.StartAsync(2);
        await TourAsync(broker.Endpoint);
        Assert.Equal(1_000, broker.Shards.Sum(shard => shard.Count));
    }

    [Fact]
    public async Task The_tour_of_the_consumer_runs()
    {
        await using var broker = await ScriptedBroker.StartAsync();
        var endpoint = broker.Endpoint;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddBrokerConsumer<OrderProcessor>(options =>
        {
            options.ApplicationName = "billing";
            options.StreamNames.Add("orders");
            options.Endpoints.Add(endpoint);
            options.InitialPosition = InitialPosition.TrimHorizon;
        });
        using var host = builder.Build();
        await host.StartAsync();
        var call = await broker.JoinedAsync();
        await call.GrantAsync(1);
        await call.PushAsync(1, 1, 2, 3);
        Assert.Equal(ScriptedBroker.Number(3), (await call.CheckpointAsync()).SequenceNumber);
        var stopping = host.StopAsync();
        Assert.Equal(ScriptedBroker.Number(3), (await call.CheckpointAsync()).SequenceNumber);
        await stopping.WaitAsync(ScriptedBroker.Patience);
    }

    [Fact]
    public void The_tour_of_aggregation_runs()
    {
        var writer = new AggregatedRecordWriter(maxBytes: 51_200);
        writer.TryAdd("customer-17", null, "one"u8);
        writer.TryAdd("customer-18", null, "two"u8);
        foreach (UserRecord record in AggregatedRecordReader.Read(writer.PartitionKey, writer.Finish()))
        {
            Console.WriteLine($"{record.SubSequenceNumber}: {record.PartitionKey}, {record.Data.Length} bytes");
        }
    }

    private static async Task TourAsync(Uri endpoint)
    {
        await using var producer = new BrokerProducer(new BrokerProducerOptions { StreamName = "orders", Endpoints = [endpoint] });

        PutResult result = await producer.PutAsync("customer-17", Encoding.UTF8.GetBytes("""{"order":1}"""));
        Console.WriteLine($"{result.ShardId} {result.SequenceNumber} after {result.Attempts.Count} attempt(s)");

        // From many tasks, or without awaiting each: records are gathered by shard, and those of one key keep their order.
        Task<PutResult>[] puts = [.. Enumerable.Range(2, 999).Select(i => producer.PutAsync("customer-17", Encoding.UTF8.GetBytes($"{{\"order\":{i}}}")))];
        await producer.FlushAsync();

        try
        {
            await Task.WhenAll(puts);
        }
        catch (PutFailedException failure)
        {
            // Never silently: why, after which attempts, and whether the record may be stored all the same.
            Console.WriteLine($"{failure.ErrorCode}, may be stored: {failure.MayBeStored}");
        }
    }

    internal sealed class OrderProcessor : IRecordProcessor
    {
        public async Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost)
        {
            foreach (ConsumerRecord record in batch.Records)
            {
                Console.WriteLine($"{batch.Lease.ShardId} {record.Position} {record.PartitionKey}: {record.Data.Length} bytes");
            }

            await batch.CheckpointAsync(lost);
        }

        public Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => checkpointer.CheckpointAsync(lost);
    }
}
