namespace Broker.Gateway.Auth;

/// <summary>Whether callers are asked who they are.</summary>
public enum AuthMode
{
    /// <summary><see cref="None"/> on loopback; beyond it the server does not start.</summary>
    Auto = 0,

    /// <summary>Signatures are not looked at, and whoever reaches the server may do everything.</summary>
    None,

    /// <summary>Every request is signed by a known key, and policies say what its principal may do.</summary>
    On,
}
