namespace Broker.Kcl.Consumer;

/// <summary>A consumer ended for a reason that does not pass by itself.</summary>
public sealed class ConsumerFailedException : Exception
{
    /// <param name="errorCode">The broker's reason, or <c>PROCESSOR_FAILED</c>.</param>
    /// <param name="message">Why in words.</param>
    /// <param name="innerException">What told it.</param>
    public ConsumerFailedException(string errorCode, string message, Exception innerException)
        : base(message, innerException) => ErrorCode = errorCode;

    /// <summary>For serializers and such.</summary>
    public ConsumerFailedException()
    {
    }

    /// <summary>For serializers and such.</summary>
    public ConsumerFailedException(string message)
        : base(message)
    {
    }

    /// <summary>For serializers and such.</summary>
    public ConsumerFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A processor failed, and the options say to stop then.</summary>
    public const string ProcessorFailed = "PROCESSOR_FAILED";

    /// <summary>The broker's reason (INVALID_ARGUMENT, RESOURCE_NOT_FOUND, RESOURCE_IN_USE, ACCESS_DENIED, DATA_LOSS...), or <see cref="ProcessorFailed"/>.</summary>
    public string ErrorCode { get; } = "";
}
