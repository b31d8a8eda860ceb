namespace Broker.Kcl.Connection;

/// <summary>The access key that calls to a broker with authentication are signed with (Signature Version 4).</summary>
/// <param name="AccessKeyId">The key's id.</param>
/// <param name="SecretAccessKey">Its secret; it is not sent.</param>
/// <param name="Region">The broker's region; us-east-1 unless it was set otherwise there.</param>
/// <param name="SessionToken">The token that goes with a temporary key; null for none.</param>
public sealed record BrokerCredentials(string AccessKeyId, string SecretAccessKey, string Region = "us-east-1", string? SessionToken = null)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => $"{AccessKeyId} in {Region}";
}
