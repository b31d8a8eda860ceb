using Broker.Tests.Harness.Cluster;

namespace Broker.Tests.Cluster.Chaos;

/// <summary>Keeps the nodes of a cluster running, as Kubernetes does: one that ended by itself is started again. Faults say which they want down.</summary>
internal sealed class Keeping : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly ClusterProcesses cluster;
    private readonly HashSet<BrokerNode> down = [];
    private readonly SemaphoreSlim turn = new(1);
    private readonly CancellationTokenSource stop = new();
    private readonly Task looking;

    /// <param name="cluster">Its nodes that do not run now are wanted down.</param>
    public Keeping(ClusterProcesses cluster)
    {
        this.cluster = cluster;
        down.UnionWith(cluster.Nodes.Where(node => !node.IsRunning));
        looking = LookAsync();
    }

    /// <summary>Nodes that ended without a fault's doing, and what was under way then.</summary>
    public List<string> EndedThemselves { get; } = [];

    /// <summary>What is under way, for <see cref="EndedThemselves"/>.</summary>
    public string Now { get; set; } = "";

    /// <summary>Takes a node down, and leaves it down until <see cref="RestoreAsync"/>.</summary>
    public async Task WithoutAsync(BrokerNode node, Func<Task> end)
    {
        await turn.WaitAsync();
        try
        {
            down.Add(node);
            if (node.IsRunning)
            {
                await end();
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends a node in order; anything else than exit code 0 within a minute is a fault of its own. One that was just started is let begin: it hears no signal yet.</summary>
    public async Task DrainAsync(BrokerNode node)
    {
        await node.ReadyAsync();
        var code = await node.DrainAsync(TimeSpan.FromSeconds(60));
        if (code != 0)
        {
            throw new InvalidOperationException($"{node.Name} was told to stop, and ended with {code}:\n{node.Output}");
        }
    }

    /// <summary>Starts a node, and waits until it serves.</summary>
    public async Task RestoreAsync(BrokerNode node)
    {
        await turn.WaitAsync();
        try
        {
            down.Remove(node);
            await node.StartAsync();
        }
        finally
        {
            turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await looking;
        turn.Dispose();
        stop.Dispose();
    }

    private async Task LookAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await turn.WaitAsync();
            foreach (var node in cluster.Nodes.Where(node => !node.IsRunning && !down.Contains(node)))
            {
                EndedThemselves.Add($"{node.Name} during {Now}");
                node.Begin();
            }

            turn.Release();
            await Task.Delay(LookEvery, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
