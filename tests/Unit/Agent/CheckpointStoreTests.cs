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
        Assert.Contains($"another agent has {Path}.lock", Assert.Throws<IOException>(() => CheckpointStore.Open(Path)).Message, StringComparison.Ordinal);
        CheckpointStore.Check(Path);
    }

    [Fact]
    public void Where_it_cannot_be_written_the_reason_is_told_and_no_other_agent_is_blamed()
    {
        var file = System.IO.Path.Combine(root, "file");
        File.WriteAllText(file, "");
        var below = System.IO.Path.Combine(file, "below", "checkpoints.json");
        foreach (var use in new Action[] { () => CheckpointStore.Open(below).Dispose(), () => CheckpointStore.Check(below) })
        {
            var message = Assert.Throws<IOException>(use).Message;
            Assert.StartsWith($"checkpointFile {below} cannot be written: ", message, StringComparison.Ordinal);
            Assert.DoesNotContain("another agent", message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void A_check_leaves_nothing_behind()
    {
        CheckpointStore.Check(Path);
        Assert.Empty(Directory.EnumerateFileSystemEntries(root));
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
        Assert.Contains(Path, Assert.Throws<IOException>(() => CheckpointStore.Check(Path)).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Path));
    }
}
