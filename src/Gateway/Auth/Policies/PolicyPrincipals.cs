namespace Broker.Gateway.Auth.Policies;

/// <summary>Whom a statement of a resource policy concerns.</summary>
/// <param name="Accounts">Accounts as a whole, 12 digits each.</param>
/// <param name="Arns">Single principals.</param>
/// <param name="IsEverybody">Whether the statement names <c>*</c>.</param>
/// <param name="IsNegated">Whether it concerns all others (NotPrincipal).</param>
internal sealed record PolicyPrincipals(IReadOnlyList<string> Accounts, IReadOnlyList<string> Arns, bool IsEverybody, bool IsNegated)
{
    /// <summary>Whether the request's principal is concerned; Account where it is only as one of its account.</summary>
    public PolicyDecision Find(in PolicyRequest request)
    {
        var isNamed = IsEverybody || Contains(Arns, request.PrincipalArn);
        var isOfAccount = Contains(Accounts, request.AccountId);
        return IsNegated
            ? isNamed || isOfAccount ? PolicyDecision.None : PolicyDecision.Allow
            : isNamed ? PolicyDecision.Allow : isOfAccount ? PolicyDecision.AllowAccount : PolicyDecision.None;
    }

    private static bool Contains(IReadOnlyList<string> list, string text)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (string.Equals(list[i], text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
