using System.Collections.Concurrent;
using Broker.Gateway.Auth.Policies;

namespace Broker.Gateway.Auth.Keys;

/// <summary>Somebody with policies. Immutable but for a cache of decisions; a changed one is a new object.</summary>
internal sealed class Principal(string accountId, string arn, IReadOnlyList<PolicyDocument> policies)
{
    /// <summary>Decisions kept; past it they are made anew each time.</summary>
    private const int MaxDecisions = 4_096;

    private readonly ConcurrentDictionary<(string Action, string ResourceArn), PolicyDecision> decisions = new();
    private readonly bool isStable = policies.All(static policy => !policy.HasConditions);

    public string AccountId { get; } = accountId;

    public string Arn { get; } = arn;

    /// <summary>What its policies say together: a denial wins.</summary>
    public PolicyDecision Evaluate(in PolicyRequest request)
    {
        if (!isStable)
        {
            return PolicyDocument.Evaluate(policies, request);
        }

        var question = (request.Action, request.ResourceArn);
        if (!decisions.TryGetValue(question, out var decision))
        {
            decision = PolicyDocument.Evaluate(policies, request);
            if (decisions.Count < MaxDecisions)
            {
                decisions.TryAdd(question, decision);
            }
        }

        return decision;
    }
}
