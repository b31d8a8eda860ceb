using Broker.Load;
using Broker.Load.Results;
using Broker.Load.Systems;
using Broker.Load.Workbench;
using Xunit;

namespace Broker.Tests.Unit.Load;

public sealed class TestbedTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("load-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task Contenders_alternate_after_a_turn_that_does_not_count()
    {
        await using var workspace = new Workspace(directory, directory);
        var testbed = Make(workspace, CancellationToken.None);
        var turns = new List<string>();
        var figures = await testbed.AlternateAsync("records/s", Contend("a", 10), Contend("b", 20));
        Assert.Equal(["a 1", "b 1", "a 6", "b 6", "a 6", "b 6", "a 6", "b 6"], turns);
        Assert.Equal([("a", 13), ("b", 26)], figures.Select(static figure => (figure.System, figure.Value)));

        Contender Contend(string name, double value) => new(name, "none", seconds =>
        {
            turns.Add($"{name} {seconds}");
            return Task.FromResult(new Turn(value + (value * 0.1 * turns.Count(turn => turn[0] == name[0]))));
        });
    }

    [Fact]
    public async Task A_command_that_fails_shows_what_it_said()
    {
        await using var workspace = new Workspace(directory, directory);
        var failure = await Assert.ThrowsAsync<LoadException>(() => workspace.RunAsync("/bin/sh", ["-c", "echo no such thing >&2; exit 3"], CancellationToken.None));
        Assert.Contains("ended with 3: no such thing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_and_directories_are_gone_in_the_end()
    {
        ServerProcess server;
        string root;
        await using (var workspace = new Workspace(directory, directory))
        {
            server = workspace.Start("sleeper", "/bin/sleep", ["600"]);
            root = workspace.Root;
            Assert.True(Directory.Exists($"/proc/{server.Id}"));
        }

        Assert.False(Directory.Exists($"/proc/{server.Id}"));
        Assert.False(Directory.Exists(root));
    }

    [Fact]
    public async Task A_server_that_ends_instead_of_serving_shows_its_log()
    {
        await using var workspace = new Workspace(directory, directory);
        var server = workspace.Start("broken", "/bin/sh", ["-c", "echo cannot start"]);
        var failure = await Assert.ThrowsAsync<LoadException>(() => server.AwaitAsync(Workspace.FreePort(), null, CancellationToken.None));
        Assert.Contains("cannot start", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_command_is_ended()
    {
        await using var workspace = new Workspace(directory, directory);
        using var interrupt = new CancellationTokenSource();
        var running = workspace.RunAsync("/bin/sleep", ["600"], interrupt.Token);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void What_Linux_tells_of_a_process_is_read()
    {
        const string Stat = "42 (a (strange) name) S 1 42 42 0 -1 4194304 100 0 0 0 250 50 7 8 20 0 10 0 100 1000 10";
        Assert.Equal(3, ProcStatus.ProcessorSeconds(Stat));
        Assert.Equal(2048 * 1024, ProcStatus.ResidentBytes("Name:\ta\nVmHWM:\t  4096 kB\nVmRSS:\t    2048 kB\nThreads:\t3\n"));
    }

    private Testbed Make(Workspace workspace, CancellationToken cancellation) =>
        new(new LoadOptions([], false, TimeSpan.FromSeconds(6), 3, null, directory, null, directory), workspace, static _ => { }, cancellation);
}
