namespace Broker.Gateway.Auth.Policies;

/// <summary>What a policy is attached to.</summary>
public enum PolicyKind
{
    /// <summary>To a principal: it names none.</summary>
    Identity,

    /// <summary>To a stream or consumer: each statement names principals.</summary>
    Resource,
}
