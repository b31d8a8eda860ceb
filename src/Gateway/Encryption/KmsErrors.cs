using Broker.Contracts.Errors;

namespace Broker.Gateway.Encryption;

/// <summary>The errors that a key provider gives: they are of a whole request, never of one record.</summary>
public static class KmsErrors
{
    public static bool Contains(BrokerErrorCode code) => code is
        BrokerErrorCode.KmsDisabled or BrokerErrorCode.KmsInvalidState or BrokerErrorCode.KmsAccessDenied
        or BrokerErrorCode.KmsNotFound or BrokerErrorCode.KmsOptInRequired or BrokerErrorCode.KmsThrottling;
}
