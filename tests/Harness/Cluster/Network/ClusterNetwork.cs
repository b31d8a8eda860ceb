using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>A network of the tests' own: a namespace a node, joined by a bridge, on which this process is a node too. Needs root.</summary>
/// <remarks>
/// <para>
/// A way is cut by giving the other node's address a hardware address that nobody has: packets are lost without a word, in one
/// direction, whatever the kernel has of filters. Ways are slowed by netem; where the kernel lacks it, made narrow instead.
/// </para>
/// <para>
/// A shell stands between, as with the servers of PostgreSQL: when its input ends, because this process ended in whatever way, it
/// removes everything.
/// </para>
/// </remarks>
public sealed class ClusterNetwork : IAsyncDisposable
{
    private const string Keeper = """
        name=$1
        while read -r line; do
          if out=$(eval "$line" 2>&1); then echo ok; else echo "$line: $out" | tr '\n' ' '; echo; fi
        done
        for node in $(ip netns list | cut -d ' ' -f 1 | grep "^$name-"); do ip netns del "$node"; done
        ip link del "$name" 2>/dev/null
        """;

    /// <summary>An address of no interface.</summary>
    private const string Nowhere = "02:00:00:00:de:ad";

    private static readonly Lazy<string?> Missing = new(FindMissing);
    private static int made;

    private readonly string name;
    private readonly byte[] subnet;
    private readonly Process keeper;
    private readonly SemaphoreSlim speaking = new(1);
    private int nodes = 1;

    private ClusterNetwork(string name, byte[] subnet, Process keeper)
    {
        this.name = name;
        this.subnet = subnet;
        this.keeper = keeper;
        Here = new NetworkNode(null, new IPAddress(subnet), name);
    }

    /// <summary>What is missing to make one; null where nothing is.</summary>
    public static string? Absence => Missing.Value;

    /// <summary>This process: its clients, and whatever else it listens with.</summary>
    public NetworkNode Here { get; }

    /// <summary>Whether the kernel can delay packets; otherwise <see cref="SlowAsync"/> makes ways narrow.</summary>
    public bool HasNetem { get; private set; }

    public static async Task<ClusterNetwork> CreateAsync()
    {
        var number = Interlocked.Increment(ref made);
        var name = string.Create(CultureInfo.InvariantCulture, $"bk{Environment.ProcessId % 100_000}{number}");

        // In a session of its own: what ends a run of tests by its process group must not end the shell before it has tidied up.
        var keeper = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", Keeper, "keeper", name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var network = new ClusterNetwork(name, [10, (byte)(64 + (Environment.ProcessId / 250 % 128)), (byte)((Environment.ProcessId + (number * 7)) % 250), 1], keeper);
        await network.DoAsync($"ip link add {name} type bridge && ip addr add {network.Here.Address}/24 dev {name} && ip link set {name} up");
        return network;
    }

    /// <summary>Joins another node.</summary>
    public async Task<NetworkNode> AddAsync()
    {
        var number = Interlocked.Increment(ref nodes);
        var node = new NetworkNode(
            string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), new IPAddress([subnet[0], subnet[1], subnet[2], (byte)number]), "eth0");
        var port = string.Create(CultureInfo.InvariantCulture, $"{name}v{number}");
        await DoAsync(
            $"ip netns add {node.Namespace} && ip link add {port} type veth peer name eth0 netns {node.Namespace} && ip link set {port} master {name} up"
            + $" && ip -n {node.Namespace} addr add {node.Address}/24 dev eth0 && ip -n {node.Namespace} link set eth0 up && ip -n {node.Namespace} link set lo up");
        if (number == 2)
        {
            HasNetem = await TryAsync($"tc -n {node.Namespace} qdisc add dev eth0 root netem delay 1ms && tc -n {node.Namespace} qdisc del dev eth0 root") is null;
        }

        return node;
    }

    /// <summary>Loses what one node sends to another; what comes back is another matter.</summary>
    public Task CutAsync(NetworkNode from, NetworkNode to) =>
        DoAsync($"ip {Option(from)} neigh replace {to.Address} lladdr {Nowhere} dev {from.Interface} nud permanent");

    /// <summary>The way goes on.</summary>
    public Task HealAsync(NetworkNode from, NetworkNode to) => DoAsync($"ip {Option(from)} neigh del {to.Address} dev {from.Interface} || true");

    /// <summary>Takes a node off the network whole, as when its cable is pulled.</summary>
    public Task UnplugAsync(NetworkNode node) => DoAsync($"ip {Option(node)} link set {node.Interface} down");

    public Task PlugAsync(NetworkNode node) => DoAsync($"ip {Option(node)} link set {node.Interface} up");

    /// <summary>Delays all that a node sends; where the kernel cannot, lets through 6 Mbit/s of it.</summary>
    public Task SlowAsync(NetworkNode node, TimeSpan delay) => DoAsync(HasNetem
        ? string.Create(CultureInfo.InvariantCulture, $"tc {Option(node)} qdisc replace dev {node.Interface} root netem delay {(int)delay.TotalMilliseconds}ms {(int)delay.TotalMilliseconds / 4}ms")
        : $"tc {Option(node)} qdisc replace dev {node.Interface} root tbf rate 6mbit burst 16kb latency 400ms");

    public Task HurryAsync(NetworkNode node) => DoAsync($"tc {Option(node)} qdisc del dev {node.Interface} root");

    public async ValueTask DisposeAsync()
    {
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync();
        keeper.Dispose();
        speaking.Dispose();
    }

    private static string Option(NetworkNode node) => node.Namespace is null ? "" : $"-n {node.Namespace}";

    private async Task DoAsync(string command)
    {
        if (await TryAsync(command) is { } fault)
        {
            throw new InvalidOperationException(fault);
        }
    }

    /// <returns>Why it failed; null where it did not.</returns>
    private async Task<string?> TryAsync(string command)
    {
        await speaking.WaitAsync();
        try
        {
            await keeper.StandardInput.WriteLineAsync(command);
            await keeper.StandardInput.FlushAsync();
            var answer = await keeper.StandardOutput.ReadLineAsync();
            return answer == "ok" ? null : answer ?? $"{command}: the shell ended.";
        }
        finally
        {
            speaking.Release();
        }
    }

    private static string? FindMissing()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "Network namespaces need root.";
        }

        var probe = string.Create(CultureInfo.InvariantCulture, $"bkprobe{Environment.ProcessId}");
        using var shell = Process.Start(new ProcessStartInfo(
            "sh", ["-c", $"ip netns add {probe} && ip link add {probe[2..]} type bridge && ip link del {probe[2..]} && ip netns del {probe}"])
        {
            RedirectStandardError = true,
        })!;
        var fault = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0 ? null : $"Network namespaces are not to be had: {fault.ReplaceLineEndings(" ")}";
    }
}
