using System.Collections.Concurrent;
using Broker.Gateway.Auth.Policies;

namespace Broker.Gateway.Auth;

/// <summary>Resource policies by their text, read once. Thread-safe.</summary>
internal sealed class ResourcePolicyCache
{
    private const int MaxPolicies = 1_024;

    /// <summary>What a text that cannot be read stands for: it was checked when it was put, so something is amiss, and nobody is let in.</summary>
    private static readonly PolicyDocument DenyAll =
        PolicyDocument.TryParse("""{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}""", PolicyKind.Resource, out var policy, out var fault)
            ? policy
            : throw new InvalidOperationException(fault);

    private readonly ConcurrentDictionary<string, PolicyDocument> policies = new(StringComparer.Ordinal);

    public PolicyDocument Find(string text)
    {
        if (policies.TryGetValue(text, out var known))
        {
            return known;
        }

        if (!PolicyDocument.TryParse(text, PolicyKind.Resource, out var policy, out _))
        {
            policy = DenyAll;
        }

        if (policies.Count >= MaxPolicies)
        {
            policies.Clear();
        }

        policies[text] = policy;
        return policy;
    }
}
