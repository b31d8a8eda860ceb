namespace Broker.Kcl.Producer;

/// <summary>Error codes of a producer's own, beside the broker's reasons (RESOURCE_NOT_FOUND, INVALID_ARGUMENT and so on).</summary>
public static class PutErrorCode
{
    /// <summary>The shard takes no more for now; a record fails by it where that was asked for (<see cref="BrokerProducerOptions.FailIfThrottled"/>).</summary>
    public const string Throttled = "PROVISIONED_THROUGHPUT_EXCEEDED";

    /// <summary>The record's time to live ended before the broker acknowledged it.</summary>
    public const string Expired = "EXPIRED";

    /// <summary>The connection broke, or could not be made.</summary>
    public const string Disconnected = "DISCONNECTED";

    /// <summary>An aggregated record landed in a shard that not all of its user records belong to: they were put again.</summary>
    public const string WrongShard = "WRONG_SHARD";

    /// <summary>The producer was disposed of before the record was acknowledged.</summary>
    public const string Disposed = "DISPOSED";
}
