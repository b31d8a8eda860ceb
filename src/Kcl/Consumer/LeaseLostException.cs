namespace Broker.Kcl.Consumer;

/// <summary>A shard is no longer this worker's: nothing of it can be checkpointed. What KCL calls ShutdownException.</summary>
public sealed class LeaseLostException : Exception
{
    /// <param name="message">Which lease, and why.</param>
    public LeaseLostException(string message)
        : base(message)
    {
    }

    /// <param name="message">Which lease, and why.</param>
    /// <param name="innerException">What told it.</param>
    public LeaseLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>For serializers and such.</summary>
    public LeaseLostException()
    {
    }
}
