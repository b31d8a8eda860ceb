namespace Broker.Agent.Records;

/// <summary>Tells where one record ends and the next begins.</summary>
internal interface IRecordSplitter
{
    /// <summary>Whether the last record of what is there may still go on after its last line.</summary>
    bool NeedsQuiet { get; }

    /// <summary>Bytes of the first record, its line ends included; 0 when its end is not there yet.</summary>
    /// <param name="content">Content from the beginning of a record on.</param>
    int LengthOfFirst(ReadOnlySpan<byte> content);

    /// <summary>Bytes of the first record where nothing has come for a while; 0 when not even a line is whole.</summary>
    /// <inheritdoc cref="LengthOfFirst"/>
    int LengthOfLast(ReadOnlySpan<byte> content);

    /// <summary>Bytes up to the next record, out of the middle of one; -1 when it is not there yet.</summary>
    /// <param name="content">Content of the record that is passed over, from the beginning of a line where <paramref name="isLineStart"/>.</param>
    /// <param name="isLineStart">Whether it begins with a line.</param>
    int LengthOfRest(ReadOnlySpan<byte> content, bool isLineStart);
}
