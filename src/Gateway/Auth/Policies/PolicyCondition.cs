namespace Broker.Gateway.Auth.Policies;

/// <summary>One operator on one key of a statement's Condition, with its values. Immutable.</summary>
/// <param name="key">What is looked at.</param>
/// <param name="tests">One a value; they are alternatives.</param>
/// <param name="isNegated">None of the tests may hold.</param>
/// <param name="ifExists">Holds where the request has no such key.</param>
internal sealed class PolicyCondition(ConditionKey key, IReadOnlyList<Func<PolicyRequest, bool>> tests, bool isNegated, bool ifExists)
{
    public bool Holds(PolicyRequest request)
    {
        if (!key.IsIn(request))
        {
            return isNegated || ifExists;
        }

        for (var i = 0; i < tests.Count; i++)
        {
            if (tests[i](request))
            {
                return !isNegated;
            }
        }

        return isNegated;
    }
}
