namespace Broker.Agent.Records;

/// <summary>A record a line.</summary>
internal sealed class LineSplitter : IRecordSplitter
{
    public bool NeedsQuiet => false;

    public int LengthOfFirst(ReadOnlySpan<byte> content) => content.IndexOf((byte)'\n') + 1;

    public int LengthOfLast(ReadOnlySpan<byte> content) => 0;

    public int LengthOfRest(ReadOnlySpan<byte> content, bool isLineStart) => content.IndexOf((byte)'\n') is >= 0 and var end ? end + 1 : -1;
}
