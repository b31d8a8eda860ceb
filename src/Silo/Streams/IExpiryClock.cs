namespace Broker.Silo.Streams;

/// <summary>The time by which records expire: cannot jump forward with the wall clock, and never steps back.</summary>
public interface IExpiryClock
{
    /// <summary>Milliseconds since 1970.</summary>
    long UnixMilliseconds { get; }
}
