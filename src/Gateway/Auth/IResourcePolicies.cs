namespace Broker.Gateway.Auth;

/// <summary>The policies that are attached to streams and consumers (AWS, PutResourcePolicy).</summary>
public interface IResourcePolicies
{
    /// <summary>The policy of a stream's or a consumer's ARN as it was put; null where it has none or does not exist.</summary>
    ValueTask<string?> FindAsync(string resourceArn, CancellationToken cancellation = default);
}
