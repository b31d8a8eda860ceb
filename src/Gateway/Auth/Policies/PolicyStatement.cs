namespace Broker.Gateway.Auth.Policies;

/// <summary>One statement of a policy. Immutable.</summary>
internal sealed class PolicyStatement
{
    public required bool IsAllow { get; init; }

    public required IReadOnlyList<string> Actions { get; init; }

    /// <summary>NotAction: all but these.</summary>
    public required bool ExceptActions { get; init; }

    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>NotResource: all but these.</summary>
    public required bool ExceptResources { get; init; }

    /// <summary>Null in a principal's own policy.</summary>
    public required PolicyPrincipals? Principals { get; init; }

    public required IReadOnlyList<PolicyCondition> Conditions { get; init; }

    public PolicyDecision Evaluate(in PolicyRequest request)
    {
        var concerned = Principals?.Find(request) ?? PolicyDecision.Allow;
        if (concerned == PolicyDecision.None
            || AnyMatches(Actions, request.Action, ignoreCase: true) == ExceptActions
            || AnyMatches(Resources, request.ResourceArn, ignoreCase: false) == ExceptResources)
        {
            return PolicyDecision.None;
        }

        for (var i = 0; i < Conditions.Count; i++)
        {
            if (!Conditions[i].Holds(request))
            {
                return PolicyDecision.None;
            }
        }

        return IsAllow ? concerned : PolicyDecision.Deny;
    }

    private static bool AnyMatches(IReadOnlyList<string> patterns, string text, bool ignoreCase)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (Wildcard.Matches(patterns[i], text, ignoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
