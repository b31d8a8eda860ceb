namespace Broker.Gateway.Auth.Policies;

/// <summary>What policies say of a request; the greater one wins.</summary>
public enum PolicyDecision
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The principal's account may do it: its own policies still must allow it.</summary>
    AllowAccount,

    /// <summary>The principal may do it.</summary>
    Allow,

    /// <summary>The principal may not do it, whatever allows it.</summary>
    Deny,
}
