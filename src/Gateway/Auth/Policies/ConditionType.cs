namespace Broker.Gateway.Auth.Policies;

/// <summary>What a condition key holds, and so which operators can look at it.</summary>
internal enum ConditionType
{
    Text,
    Arn,
    Address,
    Truth,
    Time,
}
