namespace Broker.Gateway.Aws.Errors;

/// <summary>An error of the wire's own, which no <see cref="Broker.Contracts.Errors.BrokerErrorCode"/> stands for; the rest is <see cref="AwsErrors"/>.</summary>
internal sealed class AwsException(AwsError error) : Exception(error.Message)
{
    public AwsError Error { get; } = error;

    /// <summary>The body, or a value in it, is not what its member can be.</summary>
    /// <param name="message">Why; null where the body is no document at all: AWS says nothing then.</param>
    public static AwsException Serialization(string? message) => new(new AwsError("SerializationException", message));

    public static AwsException Validation(string message) => new(new AwsError("ValidationException", message));

    public static AwsException InvalidArgument(string message) => new(new AwsError("InvalidArgumentException", message));
}
