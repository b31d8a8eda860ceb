using System.Text;
using Broker.Agent.Checkpoints;
using Broker.Agent.Configuration;
using Broker.Agent.Files;
using Broker.Agent.Flows;
using Broker.Agent.Tailing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>A flow from its files to a stream that fails, hesitates and fills up.</summary>
public sealed class FlowRunnerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string root = Directory.CreateTempSubdirectory("broker-flow-").FullName;
    private readonly AgentMetrics metrics = new();
    private readonly FakeTarget target = new();
    private readonly CheckpointStore store;

    public FlowRunnerTests() => store = CheckpointStore.Open(Path.Combine(root, "checkpoints.json"));

    private string Log => Path.Combine(root, "app.log");

    private long Saved => store.Find(Flow.Id) is { } flow && flow.Lineages.Single().Files is [var file, ..] ? file.Acknowledged : -1;

    private FlowConfiguration Flow => new()
    {
        FilePattern = Log,
        Patterns = FilePattern.ParseAll(Log),
        StreamName = "s",
        Tail = new TailOptions { InitialPosition = InitialPosition.StartOfFile },
        PollInterval = TimeSpan.FromMilliseconds(5),
        RetryInitial = TimeSpan.FromMilliseconds(1),
    };

    public void Dispose()
    {
        store.Dispose();
        metrics.Dispose();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Checkpoints_move_with_acknowledgements_and_in_their_order_alone()
    {
        await File.WriteAllTextAsync(Log, "1\n2\n3\n4\n");
        await using var run = Run();
        await EventuallyAsync(() => target.Open.Count == 4);
        target.Open[2].SetResult();
        target.Open[0].SetResult();
        await EventuallyAsync(() => Saved == 2);
        target.Open[1].SetResult();
        await EventuallyAsync(() => Saved == 6);
    }

    [Fact]
    public async Task After_a_failure_everything_from_the_first_that_failed_is_sent_again()
    {
        await File.WriteAllTextAsync(Log, "1\n2\n3\n4\n");
        await using var run = Run();
        await EventuallyAsync(() => target.Open.Count == 4);
        target.Open[0].SetResult();
        target.Open[1].SetException(new IOException("no"));
        target.Open[3].SetResult();
        Assert.Equal(4, target.Open.Count);
        target.Open[2].SetException(new IOException("no"));
        await EventuallyAsync(() => target.Open.Count == 7);
        Assert.Equal("1\n2\n3\n4\n2\n3\n4\n", string.Concat(target.Records));
        foreach (var put in target.Open.Skip(4))
        {
            put.SetResult();
        }

        await EventuallyAsync(() => Saved == 8);
    }

    [Fact]
    public async Task What_is_not_acknowledged_stops_the_reading()
    {
        await File.WriteAllLinesAsync(Log, Enumerable.Range(0, FlowRunner.MaxPendingRecords + 500).Select(i => $"{i}"));
        await using var run = Run();
        await EventuallyAsync(() => target.Open.Count == FlowRunner.MaxPendingRecords);
        target.Open[0].SetResult();
        target.Open[1].SetResult();
        await EventuallyAsync(() => target.Open.Count == FlowRunner.MaxPendingRecords + 2);
    }

    [Fact]
    public async Task The_end_waits_for_what_was_sent_and_saves_it()
    {
        await File.WriteAllTextAsync(Log, "1\n2\n");
        var run = Run();
        await EventuallyAsync(() => target.Open.Count == 2);
        var ending = run.DisposeAsync().AsTask();
        await target.Flushing.Task.WaitAsync(Patience);
        Assert.False(ending.IsCompleted);
        target.Open.ForEach(put => put.SetResult());
        target.Flushed.SetResult();
        await ending.WaitAsync(Patience);
        Assert.Equal(4, Saved);
    }

    private Running Run() => new(new FlowRunner(Flow, TimeSpan.FromDays(7), target, store, metrics, TimeProvider.System, NullLogger.Instance), target);

    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!holds())
        {
            await Task.Delay(5, timeout.Token);
        }
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly CancellationTokenSource abandon = new();
        private readonly FlowRunner runner;
        private readonly Task running;

        public Running(FlowRunner runner, FakeTarget target)
        {
            this.runner = runner;
            running = Task.Run(() => runner.RunAsync(stop.Token, abandon.Token));
            Target = target;
        }

        private FakeTarget Target { get; }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            if (Target.Open.TrueForAll(put => put.Task.IsCompleted) || Target.Open.Count > 2)
            {
                await abandon.CancelAsync();
            }

            await running;
            runner.Dispose();
            stop.Dispose();
            abandon.Dispose();
        }
    }

    private sealed class FakeTarget : IRecordTarget
    {
        private readonly Lock gate = new();
        private readonly List<TaskCompletionSource> open = [];

        public TaskCompletionSource Flushing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Flushed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Records { get; } = [];

        public List<TaskCompletionSource> Open
        {
            get
            {
                lock (gate)
                {
                    return [.. open];
                }
            }
        }

        public Task PutAsync(string partitionKey, ReadOnlyMemory<byte> data)
        {
            var put = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (gate)
            {
                Records.Add(Encoding.UTF8.GetString(data.Span));
                open.Add(put);
            }

            return put.Task;
        }

        public Task FlushAsync(CancellationToken cancellation)
        {
            Flushing.TrySetResult();
            return Flushed.Task.WaitAsync(cancellation);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
