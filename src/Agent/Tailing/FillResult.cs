namespace Broker.Agent.Tailing;

/// <summary>What came of reading on in a file.</summary>
internal enum FillResult
{
    /// <summary>There was more.</summary>
    More,

    /// <summary>All is read, for now.</summary>
    AtEnd,

    /// <summary>The file does not hold any more what was read from it: it was truncated or written anew.</summary>
    Replaced,
}
