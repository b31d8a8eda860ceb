using System.Threading.Channels;
using Broker.Kcl.Consumer;
using Xunit;

namespace Broker.Tests.Unit.Kcl.Consumer;

/// <summary>A consumer that runs against a scripted broker, and what its processors tell.</summary>
internal sealed class ConsumerRun : IAsyncDisposable
{
    private readonly Channel<string> told = Channel.CreateUnbounded<string>();
    private readonly List<RecordingProcessor> processors = [];

    public ConsumerRun(
        ScriptedBroker broker,
        Action<BrokerConsumerOptions>? configure = null,
        Func<RecordBatch, CancellationToken, Task>? process = null,
        Func<IShardCheckpointer, Task>? shuttingDown = null)
    {
        var options = new BrokerConsumerOptions
        {
            ApplicationName = "billing",
            StreamNames = ["orders"],
            Endpoints = [broker.Endpoint],
            RetryDelay = TimeSpan.FromMilliseconds(5),
        };
        configure?.Invoke(options);
        Consumer = new BrokerConsumer(options, _ =>
        {
            var processor = new RecordingProcessor(processors.Count, told.Writer)
            {
                Process = process ?? ((_, _) => Task.CompletedTask),
                ShuttingDown = shuttingDown ?? (_ => Task.CompletedTask),
            };
            processors.Add(processor);
            return processor;
        });
        Running = Consumer.RunAsync();
    }

    public BrokerConsumer Consumer { get; }

    public Task Running { get; }

    public IReadOnlyList<RecordingProcessor> Processors => processors;

    /// <summary>What is called next.</summary>
    public async Task TellsAsync(params string[] expected)
    {
        foreach (var line in expected)
        {
            Assert.Equal(line, await told.Reader.ReadAsync().AsTask().WaitAsync(ScriptedBroker.Patience));
        }
    }

    public bool IsSilent => told.Reader.Count == 0;

    public ValueTask DisposeAsync() => Consumer.DisposeAsync();
}
