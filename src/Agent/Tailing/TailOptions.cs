using Broker.Agent.Records;

namespace Broker.Agent.Tailing;

/// <summary>How the files of a flow are read.</summary>
internal sealed record TailOptions
{
    /// <summary>Where records end.</summary>
    public IRecordSplitter Splitter { get; init; } = new LineSplitter();

    /// <summary>Lines at the beginning of each file that are no records.</summary>
    public int SkipHeaderLines { get; init; }

    /// <summary>Where the first start begins.</summary>
    public InitialPosition InitialPosition { get; init; } = InitialPosition.EndOfFile;

    /// <summary>How often directories are listed without a sign that they changed.</summary>
    public TimeSpan RefreshAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a record at which no more of it is kept: what follows up to its end is passed over.</summary>
    public int MaxRecordBytes { get; init; } = 5 * 1024 * 1024;

    /// <summary>How long a file must not have grown until its last lines are taken for a whole record of several.</summary>
    public TimeSpan RecordQuiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a rotated file must not have grown until a last line without an end is taken for whole.</summary>
    public TimeSpan RotatedQuiet { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a deleted file that nothing has followed is watched after it grew last.</summary>
    public TimeSpan DeletedQuiet { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the content of a file that was truncated or has gone is looked for.</summary>
    public TimeSpan SearchFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a file that nobody knows must not have been written to until it is taken for a rotated one that was missed.</summary>
    public TimeSpan MissedQuiet { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a file that was read to its end, and is found no more, is remembered: it may be on its way to another name.</summary>
    public TimeSpan RememberFor { get; init; } = TimeSpan.FromMinutes(1);
}
