using Broker.Agent.Checkpoints;
using Broker.Agent.Files;
using Broker.Agent.Tailing;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>The checkpoint file: what is written is read, and what is not one is refused.</summary>
public sealed class CheckpointStoreTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("broker-checkpoints-").FullName;

    private string Path => System.IO.Path.Combine(root, "below", "checkpoints.json");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void What_was_saved_is_there_after_a_restart()
    {
        var file = new FileCheckpoint("/a/app.log", new FileId(7, ulong.MaxValue), Fingerprint.Of(0, "head"u8), Fingerprint.Of(10, "tail"u8), 14, true);
        var flow = new FlowCheckpoint("flow", [new LineageCheckpoint("/a/app.log", [file, file with { Id = null, IsFinished = false }])]);
        using (var store = CheckpointStore.Open(Path))
        {
            Assert.Null(store.Find("flow"));
            store.Save(new FlowCheckpoint("other", []));
            store.Save(flow);
        }

        using var again = CheckpointStore.Open(Path);
        var read = again.Find("flow")!;
        Assert.Equal(flow.Lineages[0].Files, read.Lineages[0].Files);
        Assert.NotNull(again.Find("other"));
        Assert.False(File.Exists($"{Path}.new"));
    }

    [Fact]
    public void A_second_agent_is_refused()
    {
        using var store = CheckpointStore.Open(Path);
        Assert.Contains(Path, Assert.Throws<IOException>(() => CheckpointStore.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SQLite format 3\0")]
    [InlineData("")]
    [InlineData("""{ "version": 2, "flows": [] }""")]
    public void A_file_that_is_none_is_refused_and_left_alone(string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, content);
        Assert.Contains(Path, Assert.Throws<IOException>(() => CheckpointStore.Open(Path)).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Path));
    }
}
