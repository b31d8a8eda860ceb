namespace Broker.Contracts.Errors;

/// <summary>An error of the control plane, meant for the client. The data path returns its codes instead.</summary>
[GenerateSerializer]
[Alias("broker.BrokerException")]
public sealed class BrokerException : Exception
{
    public BrokerException(BrokerErrorCode code, string message)
        : base(message) => Code = code;

    public BrokerException(BrokerErrorCode code, string message, Exception innerException)
        : base(message, innerException) => Code = code;

    [Id(0)]
    public BrokerErrorCode Code { get; }
}
