namespace Broker.Contracts.Errors;

/// <summary>Every error that a client can be told. One table maps them to gRPC, one to AWS; tests prove both total.</summary>
/// <remarks>The names are AWS's where AWS has the error. They are the <c>reason</c> of google.rpc.ErrorInfo in upper snake case: stable.</remarks>
public enum BrokerErrorCode
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>A member of the request breaks a rule; the message names it, its value and the rule.</summary>
    InvalidArgument,

    /// <summary>The operation does not fit the stream's mode or state of configuration (AWS: ValidationException).</summary>
    Validation,

    /// <summary>No such stream, shard or consumer.</summary>
    ResourceNotFound,

    /// <summary>The resource exists already, or is not ACTIVE.</summary>
    ResourceInUse,

    /// <summary>A quota of the account or stream is reached.</summary>
    LimitExceeded,

    /// <summary>A shard's throughput limit is reached; retry after a pause.</summary>
    ProvisionedThroughputExceeded,

    /// <summary>The shard iterator is older than it may be.</summary>
    ExpiredIterator,

    /// <summary>The pagination token is older than it may be.</summary>
    ExpiredNextToken,

    /// <summary>The shard has ended: its records go to its children. Gateways refresh their route; clients do not see it.</summary>
    ShardClosed,

    /// <summary>The producer's epoch was overtaken by a newer one.</summary>
    ProducerFenced,

    /// <summary>The batch number lies before the producer's window: whether it was taken cannot be told any more.</summary>
    BatchTooOld,

    /// <summary>The batch number was used for another content.</summary>
    BatchMismatch,

    /// <summary>The shard remembers as many producers as it may.</summary>
    TooManyProducers,

    /// <summary>The storage device is full; retry, writing resumes when space returns.</summary>
    StorageFull,

    /// <summary>Durable data is damaged and is not served.</summary>
    DataLoss,

    /// <summary>Too much is in flight; retry after a pause.</summary>
    Overloaded,

    /// <summary>The broker cannot answer now; retry. Whether a write landed may be unknown; a retry under the same identity makes no duplicate.</summary>
    Unavailable,

    /// <summary>The caller is not who it says it is, or may not do this: no policy allows it, or one denies it.</summary>
    AccessDenied,

    /// <summary>The stream's master key is disabled.</summary>
    KmsDisabled,

    /// <summary>The stream's master key is in a state in which it cannot be used, such as waiting for its deletion.</summary>
    KmsInvalidState,

    /// <summary>The key provider does not let the broker use the stream's master key.</summary>
    KmsAccessDenied,

    /// <summary>There is no such master key, or no longer.</summary>
    KmsNotFound,

    /// <summary>The key provider wants to be subscribed to first.</summary>
    KmsOptInRequired,

    /// <summary>The key provider is asked too often; retry after a pause.</summary>
    KmsThrottling,

    /// <summary>The call would have been carried out, had it not asked for a rehearsal.</summary>
    DryRun,

    /// <summary>A fault of the broker itself.</summary>
    Internal,

    /// <summary>The lease is another worker's by now, or another call's: what is processed under it is processed again there.</summary>
    LeaseLost,
}
