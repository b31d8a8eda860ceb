using Broker.Contracts.Errors;

namespace Broker.Gateway.Encryption;

/// <summary>Where the master keys are: a key file now, a key management service later. Master keys never leave it; it wraps data keys. Thread-safe.</summary>
/// <remarks>
/// Every member throws <see cref="BrokerException"/> with what AWS KMS has for the case: KmsNotFound (no such key, or alias),
/// KmsDisabled, KmsInvalidState (waiting for its deletion, or unavailable), KmsAccessDenied, KmsOptInRequired, KmsThrottling. Any other
/// exception, or no answer within five seconds, says that the provider cannot answer now. It is asked again for every data key in use at least every five minutes, so a
/// key that was disabled is found out within that time.
/// </remarks>
public interface IKeyProvider
{
    /// <summary>The master key that a name stands for now, which is usable.</summary>
    /// <param name="keyId">A key id, a key ARN, <c>alias/NAME</c> or an alias ARN.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The key as the provider names it for good: what is stored, and given to <see cref="UnwrapAsync"/>.</returns>
    ValueTask<string> ResolveAsync(string keyId, CancellationToken cancellation);

    /// <summary>Makes a data key of 256 random bits and wraps it; its plaintext is not needed yet.</summary>
    /// <param name="keyId">As in <see cref="ResolveAsync"/>.</param>
    /// <param name="context">What the data key is for: unwrapping it needs the same.</param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<NewDataKey> GenerateAsync(string keyId, string context, CancellationToken cancellation);

    /// <summary>Opens a wrapped data key, if its master key is usable now.</summary>
    /// <param name="masterKeyId">The master key, as <see cref="ResolveAsync"/> gave it.</param>
    /// <param name="wrapped">The wrapped key.</param>
    /// <param name="context">What it is for.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>32 bytes, the caller's to overwrite.</returns>
    ValueTask<byte[]> UnwrapAsync(string masterKeyId, ReadOnlyMemory<byte> wrapped, string context, CancellationToken cancellation);
}
