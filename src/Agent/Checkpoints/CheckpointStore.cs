using System.Text.Json;
using Broker.Agent.Files;

namespace Broker.Agent.Checkpoints;

/// <summary>Keeps where flows are in one small file, which is replaced as a whole: a crash leaves the old one or the new one.</summary>
/// <remarks>From any thread. A second agent on the same file is refused.</remarks>
internal sealed class CheckpointStore : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly string path;
    private readonly FileStream mutex;
    private readonly Lock gate = new();
    private readonly Dictionary<string, FlowCheckpoint> flows;

    private CheckpointStore(string path, FileStream mutex, Dictionary<string, FlowCheckpoint> flows)
    {
        this.path = path;
        this.mutex = mutex;
        this.flows = flows;
    }

    /// <summary>Opens the file, or makes it with its directory.</summary>
    /// <exception cref="IOException">It cannot be read or written, is none, or another agent has it.</exception>
    public static CheckpointStore Open(string path)
    {
        path = Path.GetFullPath(path);
        FileStream mutex;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            mutex = new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == LinuxFiles.WouldBlock)
        {
            throw new IOException($"checkpointFile {path} is in use: another agent has {path}.lock. Give each its own, or stop the other.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }

        try
        {
            return new CheckpointStore(path, mutex, ReadFlows(path));
        }
        catch
        {
            mutex.Dispose();
            throw;
        }
    }

    /// <summary>Tries what <see cref="Open"/> needs, and leaves nothing behind: an agent may have the file meanwhile.</summary>
    /// <exception cref="IOException">It cannot be read or written, or is none.</exception>
    public static void Check(string path)
    {
        path = Path.GetFullPath(path);
        var directory = Path.GetDirectoryName(path)!;
        while (!Path.Exists(directory) && Path.GetDirectoryName(directory) is { } above)
        {
            directory = above;
        }

        try
        {
            var trial = Path.Combine(directory, Path.GetRandomFileName());
            new FileStream(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }

        ReadFlows(path);
    }

    /// <summary>Where a flow was left; null when it is new.</summary>
    public FlowCheckpoint? Find(string flow)
    {
        lock (gate)
        {
            return flows.GetValueOrDefault(flow);
        }
    }

    /// <summary>Makes it durable where a flow is.</summary>
    /// <exception cref="IOException">It cannot be written; what was written before stands.</exception>
    public void Save(FlowCheckpoint flow)
    {
        lock (gate)
        {
            flows[flow.Flow] = flow;
            var document = new CheckpointDocument(CheckpointDocument.CurrentVersion, [.. flows.Values.OrderBy(each => each.Flow, StringComparer.Ordinal)]);
            var next = $"{path}.new";
            try
            {
                using (var file = new FileStream(next, FileMode.Create, FileAccess.Write, FileShare.None))
                {
                    JsonSerializer.Serialize(file, document, Json);
                    file.Flush(flushToDisk: true);
                }

                File.Move(next, path, overwrite: true);
                LinuxFiles.SyncDirectory(Path.GetDirectoryName(path)!);
            }
            catch (UnauthorizedAccessException e)
            {
                throw CannotWrite(path, e);
            }
        }
    }

    public void Dispose() => mutex.Dispose();

    private static IOException CannotWrite(string path, Exception cause) =>
        new($"checkpointFile {path} cannot be written: {cause.Message}", cause);

    private static Dictionary<string, FlowCheckpoint> ReadFlows(string path)
    {
        try
        {
            return Read(path).ToDictionary(flow => flow.Flow, StringComparer.Ordinal);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"checkpointFile {path} cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new IOException($"checkpointFile {path} is not one of this agent's: {e.Message} Give another path, or remove it to begin anew.", e);
        }
    }

    private static IReadOnlyList<FlowCheckpoint> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = File.OpenRead(path);
        var document = JsonSerializer.Deserialize<CheckpointDocument>(file, Json) ?? throw new JsonException("it is empty.");
        return document.Version == CheckpointDocument.CurrentVersion
            ? document.Flows
            : throw new IOException($"checkpointFile {path} has version {document.Version}: this agent knows {CheckpointDocument.CurrentVersion}.");
    }
}
