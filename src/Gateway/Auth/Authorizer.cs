using Broker.Contracts.Errors;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth;

/// <summary>Decides whether a caller may do something. Every entrance asks it before every operation; thread-safe.</summary>
public sealed class Authorizer(IOptions<AuthOptions> options)
{
    /// <summary>Whether policies are asked at all; where not, everything is allowed.</summary>
    public bool IsOn { get; } = options.Value.Mode == AuthMode.On;

    /// <summary>Returns where the caller may do it. Costs nothing while authentication is off.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="action">What, such as <c>kinesis:PutRecord</c>.</param>
    /// <param name="resourceArn">The ARN of the stream or consumer; <c>*</c> for operations that concern none.</param>
    /// <param name="cancellation">Ends the wait for the resource's policy.</param>
    /// <exception cref="BrokerException">AccessDenied, in AWS's words.</exception>
    public ValueTask DemandAsync(Caller caller, string action, string resourceArn, CancellationToken cancellation = default) => IsOn
        ? throw new BrokerException(
            BrokerErrorCode.AccessDenied,
            $"User: {caller.PrincipalArn} is not authorized to perform: {action} on resource: {resourceArn} because no identity-based policy allows the {action} action")
        : default;
}
