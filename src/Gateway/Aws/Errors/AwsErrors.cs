using Broker.Contracts.Errors;

namespace Broker.Gateway.Aws.Errors;

/// <summary>The one table of codes on AWS's wire.</summary>
internal static class AwsErrors
{
    /// <summary>Every code has an entry; <see cref="BrokerErrorCode.None"/> alone has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is no error.</exception>
    public static (string Type, int Status) Find(BrokerErrorCode code) => code switch
    {
        BrokerErrorCode.InvalidArgument => ("InvalidArgumentException", 400),
        BrokerErrorCode.Validation => ("ValidationException", 400),
        BrokerErrorCode.ResourceNotFound => ("ResourceNotFoundException", 400),
        BrokerErrorCode.ResourceInUse => ("ResourceInUseException", 400),
        BrokerErrorCode.LimitExceeded => ("LimitExceededException", 400),
        BrokerErrorCode.ProvisionedThroughputExceeded => ("ProvisionedThroughputExceededException", 400),
        BrokerErrorCode.ExpiredIterator => ("ExpiredIteratorException", 400),
        BrokerErrorCode.ExpiredNextToken => ("ExpiredNextTokenException", 400),
        BrokerErrorCode.AccessDenied => ("AccessDeniedException", 400),
        BrokerErrorCode.KmsDisabled => ("KMSDisabledException", 400),
        BrokerErrorCode.KmsInvalidState => ("KMSInvalidStateException", 400),
        BrokerErrorCode.KmsAccessDenied => ("KMSAccessDeniedException", 400),
        BrokerErrorCode.KmsNotFound => ("KMSNotFoundException", 400),
        BrokerErrorCode.KmsOptInRequired => ("KMSOptInRequired", 400),
        BrokerErrorCode.KmsThrottling => ("KMSThrottlingException", 400),
        BrokerErrorCode.DryRun => ("DryRunOperationException", 400),

        // Clients slow down on this one, and only then try again.
        BrokerErrorCode.Overloaded or BrokerErrorCode.TooManyProducers => ("ProvisionedThroughputExceededException", 400),

        // What a retry may mend, and clients do retry.
        BrokerErrorCode.Unavailable or BrokerErrorCode.ShardClosed => ("ServiceUnavailableException", 503),
        BrokerErrorCode.StorageFull => ("InternalFailureException", 500),
        BrokerErrorCode.DataLoss or BrokerErrorCode.LeaseLost => ("InternalFailureException", 500),
        BrokerErrorCode.ProducerFenced or BrokerErrorCode.BatchTooOld or BrokerErrorCode.BatchMismatch => ("InternalFailureException", 500),
        BrokerErrorCode.Internal => ("InternalFailureException", 500),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The code is no error."),
    };

    public static AwsError ToError(BrokerErrorCode code, string message)
    {
        var (type, status) = Find(code);
        return new AwsError(type, message, status);
    }

    /// <summary>How a record of PutRecords tells its error: AWS leaves the suffix off where the fault is its own.</summary>
    public static string ToRecordCode(BrokerErrorCode code)
    {
        var type = Find(code).Type;
        return type is "InternalFailureException" or "ServiceUnavailableException" ? "InternalFailure" : type;
    }

    /// <summary>What stands beside <see cref="ToRecordCode"/>.</summary>
    public static string ToRecordMessage(BrokerErrorCode code, string message) =>
        ToRecordCode(code) == "InternalFailure" ? "Internal Service Failure" : message;

    /// <summary>An error in the middle of a subscription, of those that AWS's model lets a subscription end with.</summary>
    public static AwsError ToEvent(BrokerErrorCode code, string message) => Find(code).Type is var type
        && type is "ResourceNotFoundException" or "ResourceInUseException" || type.StartsWith("KMS", StringComparison.Ordinal)
            ? new AwsError(type, message)
            : new AwsError("InternalFailureException", message);
}
