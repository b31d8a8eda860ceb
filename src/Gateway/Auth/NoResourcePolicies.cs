namespace Broker.Gateway.Auth;

/// <summary>No resource has a policy.</summary>
internal sealed class NoResourcePolicies : IResourcePolicies
{
    public ValueTask<string?> FindAsync(string resourceArn, CancellationToken cancellation = default) => default;
}
