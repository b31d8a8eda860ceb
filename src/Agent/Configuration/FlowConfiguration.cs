using Broker.Agent.Files;
using Broker.Agent.Processing;
using Broker.Agent.Tailing;

namespace Broker.Agent.Configuration;

/// <summary>A flow: which files go to which stream, and how.</summary>
internal sealed record FlowConfiguration
{
    /// <summary>The files, as they were written.</summary>
    public required string FilePattern { get; init; }

    /// <summary>The same, read.</summary>
    public required IReadOnlyList<FilePattern> Patterns { get; init; }

    /// <summary>The stream.</summary>
    public required string StreamName { get; init; }

    /// <summary>By which it is known in the checkpoints; another pattern or stream is another flow.</summary>
    public string Id => $"kinesis:{StreamName}:{FilePattern}";

    public PartitionKeyOption PartitionKey { get; init; }

    /// <summary>How its files are read.</summary>
    public TailOptions Tail { get; init; } = new();

    /// <summary>What stands at the end of a record that was too long, UTF-8.</summary>
    public ReadOnlyMemory<byte> Terminator { get; init; } = "\n"u8.ToArray();

    /// <summary>How long a record waits for others.</summary>
    public TimeSpan MaxBufferAge { get; init; }

    /// <summary>Records that go together at most.</summary>
    public int MaxBufferRecords { get; init; } = 500;

    /// <summary>Bytes that go together at most.</summary>
    public int MaxBufferBytes { get; init; } = 524_288;

    /// <summary>How often files are looked at that had nothing new.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The pause before something is tried again, which doubles.</summary>
    public TimeSpan RetryInitial { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where that doubling ends.</summary>
    public TimeSpan RetryMost { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What makes other records of records; null for none.</summary>
    public IRecordConverter? Converter { get; init; }
}
