using System.Net;

namespace Broker.Gateway.Auth.Policies;

/// <summary>What policies are asked: who wants to do what to which resource, from where and when.</summary>
/// <param name="AccountId">The principal's account.</param>
/// <param name="PrincipalArn">The principal.</param>
/// <param name="Action">Such as <c>kinesis:PutRecord</c>.</param>
/// <param name="ResourceArn">The resource, or <c>*</c>.</param>
/// <param name="SourceAddress">Where the request comes from; null where that is not known.</param>
/// <param name="IsSecure">Whether it came over TLS.</param>
/// <param name="Time">When.</param>
public readonly record struct PolicyRequest(
    string AccountId, string PrincipalArn, string Action, string ResourceArn, IPAddress? SourceAddress, bool IsSecure, DateTimeOffset Time);
