namespace Broker.Cli.Client;

/// <summary>The access key that calls are signed with.</summary>
/// <param name="AccessKeyId">The key's id.</param>
/// <param name="SecretAccessKey">Its secret; it is not sent.</param>
/// <param name="SessionToken">The token that goes with it; null for none.</param>
/// <param name="Region">The broker's region (Broker:Identity:Region).</param>
internal sealed record ClientCredentials(string AccessKeyId, string SecretAccessKey, string? SessionToken, string Region)
{
    /// <summary>Never the secret.</summary>
    public override string ToString() => $"{AccessKeyId} in {Region}";
}
