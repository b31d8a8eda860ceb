namespace Broker.Gateway.Reading;

/// <summary>What a feed has for a subscriber at a position.</summary>
/// <param name="Kind">Which case.</param>
/// <param name="Segment">The records, where there are some.</param>
internal readonly record struct FeedAnswer(FeedAnswerKind Kind, FeedSegment? Segment = null);

/// <summary>The cases of a feed's answer.</summary>
internal enum FeedAnswerKind
{
    /// <summary>Nothing came in time.</summary>
    Nothing,

    /// <summary>Records from the position on.</summary>
    Records,

    /// <summary>The position lies before what the feed holds: read it from the shard.</summary>
    Behind,
}
