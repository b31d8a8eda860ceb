namespace Broker.Agent.Tailing;

/// <summary>Where a flow begins with the files that it finds at its very first start; files that come later are read from their beginning.</summary>
public enum InitialPosition
{
    /// <summary>Behind the last whole line.</summary>
    EndOfFile,

    /// <summary>At the beginning.</summary>
    StartOfFile,
}
