using System.Diagnostics.CodeAnalysis;

namespace Broker.Gateway.Auth;

/// <summary>What authentication found: exactly one of a caller and a fault.</summary>
public readonly struct AuthenticationResult
{
    private AuthenticationResult(Caller? caller, AuthenticationFault? fault) => (Caller, Fault) = (caller, fault);

    /// <summary>Who makes the request; null where <see cref="Fault"/> tells why that is not known.</summary>
    public Caller? Caller { get; }

    /// <summary>Why the request is refused; null where it is not.</summary>
    public AuthenticationFault? Fault { get; }

    /// <summary>True where the caller is known.</summary>
    [MemberNotNullWhen(true, nameof(Caller))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsAuthenticated => Caller is not null;

    public static implicit operator AuthenticationResult(Caller caller) => new(caller, null);

    public static implicit operator AuthenticationResult(AuthenticationFault fault) => new(null, fault);

    public static AuthenticationResult FromCaller(Caller caller) => caller;

    public static AuthenticationResult FromFault(AuthenticationFault fault) => fault;
}
