using Broker.Contracts.Errors;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Broker.Gateway.Errors;

/// <summary>The one table of errors on gRPC's wire, and how an entry becomes a status with its details.</summary>
public static class BrokerErrors
{
    /// <summary>The domain of google.rpc.ErrorInfo.</summary>
    public const string Domain = "broker";

    /// <summary>Every code has an entry; <see cref="BrokerErrorCode.None"/> alone has none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code is no error.</exception>
    public static ErrorEntry Find(BrokerErrorCode code) => code switch
    {
        BrokerErrorCode.InvalidArgument => new(StatusCode.InvalidArgument, "INVALID_ARGUMENT"),
        BrokerErrorCode.Validation => new(StatusCode.FailedPrecondition, "VALIDATION"),
        BrokerErrorCode.ResourceNotFound => new(StatusCode.NotFound, "RESOURCE_NOT_FOUND"),
        BrokerErrorCode.ResourceInUse => new(StatusCode.FailedPrecondition, "RESOURCE_IN_USE"),
        BrokerErrorCode.LimitExceeded => new(StatusCode.ResourceExhausted, "LIMIT_EXCEEDED"),
        BrokerErrorCode.ProvisionedThroughputExceeded =>
            new(StatusCode.ResourceExhausted, "PROVISIONED_THROUGHPUT_EXCEEDED", TimeSpan.FromMilliseconds(200)),
        BrokerErrorCode.ExpiredIterator => new(StatusCode.FailedPrecondition, "EXPIRED_ITERATOR"),
        BrokerErrorCode.ExpiredNextToken => new(StatusCode.FailedPrecondition, "EXPIRED_NEXT_TOKEN"),
        BrokerErrorCode.ShardClosed => new(StatusCode.Unavailable, "SHARD_CLOSED", TimeSpan.FromMilliseconds(100)),
        BrokerErrorCode.ProducerFenced => new(StatusCode.FailedPrecondition, "PRODUCER_FENCED"),
        BrokerErrorCode.BatchTooOld => new(StatusCode.OutOfRange, "BATCH_TOO_OLD"),
        BrokerErrorCode.BatchMismatch => new(StatusCode.InvalidArgument, "BATCH_MISMATCH"),
        BrokerErrorCode.TooManyProducers => new(StatusCode.ResourceExhausted, "TOO_MANY_PRODUCERS", TimeSpan.FromSeconds(5)),
        BrokerErrorCode.LeaseLost => new(StatusCode.FailedPrecondition, "LEASE_LOST"),
        BrokerErrorCode.StorageFull => new(StatusCode.ResourceExhausted, "STORAGE_FULL", TimeSpan.FromSeconds(5)),
        BrokerErrorCode.DataLoss => new(StatusCode.DataLoss, "DATA_LOSS"),
        BrokerErrorCode.Overloaded => new(StatusCode.ResourceExhausted, "OVERLOADED", TimeSpan.FromMilliseconds(100)),
        BrokerErrorCode.Unavailable => new(StatusCode.Unavailable, "UNAVAILABLE", TimeSpan.FromMilliseconds(100)),
        BrokerErrorCode.AccessDenied => new(StatusCode.PermissionDenied, "ACCESS_DENIED"),
        BrokerErrorCode.KmsDisabled => new(StatusCode.FailedPrecondition, "KMS_DISABLED"),
        BrokerErrorCode.KmsInvalidState => new(StatusCode.FailedPrecondition, "KMS_INVALID_STATE"),
        BrokerErrorCode.KmsAccessDenied => new(StatusCode.PermissionDenied, "KMS_ACCESS_DENIED"),
        BrokerErrorCode.KmsNotFound => new(StatusCode.FailedPrecondition, "KMS_NOT_FOUND"),
        BrokerErrorCode.KmsOptInRequired => new(StatusCode.FailedPrecondition, "KMS_OPT_IN_REQUIRED"),
        BrokerErrorCode.KmsThrottling => new(StatusCode.ResourceExhausted, "KMS_THROTTLING", TimeSpan.FromMilliseconds(500)),
        BrokerErrorCode.DryRun => new(StatusCode.FailedPrecondition, "DRY_RUN"),
        BrokerErrorCode.Internal => new(StatusCode.Internal, "INTERNAL"),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The code is no error."),
    };

    /// <summary>The exception that ends a call with google.rpc.Status: ErrorInfo, and RetryInfo where it helps.</summary>
    public static RpcException ToRpcException(BrokerErrorCode code, string message)
    {
        var entry = Find(code);
        var status = new Google.Rpc.Status { Code = (int)entry.Status, Message = message };
        status.Details.Add(Any.Pack(new ErrorInfo { Domain = Domain, Reason = entry.Reason }));
        if (entry.RetryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(delay) }));
        }

        return status.ToRpcException();
    }
}
