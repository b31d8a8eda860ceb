using System.Net;
using Broker.Gateway.Auth.Keys;

namespace Broker.Gateway.Auth;

/// <summary>Who makes a request, as its authentication found it. Immutable; one may serve many requests.</summary>
/// <param name="AccountId">The account that the principal belongs to: 12 digits.</param>
/// <param name="PrincipalArn">The principal, such as <c>arn:aws:iam::000000000000:user/NAME</c>.</param>
/// <param name="AccessKeyId">The access key that the request presents; empty for a caller without one.</param>
public sealed record Caller(string AccountId, string PrincipalArn, string AccessKeyId)
{
    /// <summary>A caller that nobody has asked who it is: on a server without authentication it may do everything, on another nothing.</summary>
    public static Caller Anonymous { get; } = new("000000000000", "arn:aws:iam::000000000000:user/anonymous", "");

    /// <summary>Whose policies apply; null for a caller that nobody has asked who it is.</summary>
    internal Principal? Principal { get; init; }

    /// <summary>Where the request comes from, for the condition key aws:SourceIp; null where that is not known.</summary>
    internal IPAddress? SourceAddress { get; init; }

    /// <summary>Whether the request came over TLS, for the condition key aws:SecureTransport.</summary>
    internal bool IsSecure { get; init; }
}
