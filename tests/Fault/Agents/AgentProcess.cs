using System.Text.Json;
using Broker.Tests.Harness;

namespace Broker.Tests.Fault.Agents;

/// <summary><c>broker agent</c> as a process: started, killed without warning, started again.</summary>
public sealed class AgentProcess : IDisposable
{
    private readonly ServerProcess process = new();
    private readonly string directory;
    private readonly string config;

    /// <param name="directory">Where its configuration and its checkpoints are.</param>
    /// <param name="endpoint">The broker.</param>
    /// <param name="flows">Its flows, as the configuration has them.</param>
    public AgentProcess(string directory, string endpoint, IEnumerable<object> flows)
    {
        this.directory = directory;
        config = Path.Combine(directory, "agent.json");
        CheckpointFile = Path.Combine(directory, "checkpoints", "agent.json");
        File.WriteAllText(config, JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["kinesis.endpoint"] = endpoint,
            ["checkpointFile"] = CheckpointFile,
            ["log.statusReportingPeriodSeconds"] = 1,
            ["flows"] = flows.ToArray(),
        }));
    }

    public string CheckpointFile { get; }

    public string Output => process.Output;

    public int ProcessId => process.ProcessId;

    public void Start() => process.Start([BrokerProcess.Executable, "agent", "--config", config], directory, new Dictionary<string, string>());

    /// <summary>Waits until it is durable where each flow began.</summary>
    public async Task BegunAsync(int flows, TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        while (true)
        {
            if (File.Exists(CheckpointFile))
            {
                using var saved = JsonDocument.Parse(await File.ReadAllTextAsync(CheckpointFile, patience.Token));
                if (saved.RootElement.GetProperty("flows").GetArrayLength() == flows)
                {
                    return;
                }
            }

            await Task.Delay(20, patience.Token);
        }
    }

    public Task KillAsync() => process.KillAsync();

    public Task<int> TerminateAsync(TimeSpan within) => process.TerminateAsync(within);

    /// <summary>Bytes of the process that are in memory.</summary>
    public long ResidentBytes => long.Parse(
        File.ReadLines($"/proc/{ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture) * 1024;

    public void Dispose() => process.Dispose();
}
