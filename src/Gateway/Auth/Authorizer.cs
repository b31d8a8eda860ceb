using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth.Policies;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth;

/// <summary>Decides whether a caller may do something. Every entrance asks it before every operation; thread-safe.</summary>
/// <remarks>
/// IAM's rules: a denial wins; in the resource's own account the caller's policies or the resource's may allow; from another account
/// both must; else it is denied.
/// </remarks>
public sealed class Authorizer(IOptions<AuthOptions> options, IResourcePolicies resources, BrokerIdentity identity, TimeProvider clock)
{
    private readonly ResourcePolicyCache policies = new();

    /// <summary>Whether policies are asked at all; where not, everything is allowed.</summary>
    public bool IsOn { get; } = options.Value.Mode == AuthMode.On;

    /// <summary>Returns where the caller may do it. Costs nothing while authentication is off.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="action">What, such as <c>kinesis:PutRecord</c>.</param>
    /// <param name="resourceArn">The ARN of the stream or consumer; <c>*</c> for operations that concern none.</param>
    /// <param name="cancellation">Ends the wait for the resource's policy.</param>
    /// <exception cref="BrokerException">AccessDenied, in AWS's words.</exception>
    public ValueTask DemandAsync(Caller caller, string action, string resourceArn, CancellationToken cancellation = default) =>
        IsOn ? DemandCoreAsync(caller, action, resourceArn, cancellation) : default;

    private async ValueTask DemandCoreAsync(Caller caller, string action, string resourceArn, CancellationToken cancellation)
    {
        var request = new PolicyRequest(
            caller.AccountId, caller.PrincipalArn, action, resourceArn, caller.SourceAddress, caller.IsSecure, clock.GetUtcNow());
        var own = caller.Principal?.Evaluate(request) ?? PolicyDecision.None;
        if (own == PolicyDecision.Deny)
        {
            throw Denied(request, "with an explicit deny in an identity-based policy");
        }

        var isOfAccount = IsOfAccount(resourceArn, caller.AccountId);
        var text = resourceArn == "*" ? null : await resources.FindAsync(resourceArn, cancellation);
        var granted = text is null ? PolicyDecision.None : policies.Find(text).Evaluate(request);
        if (granted == PolicyDecision.Deny)
        {
            throw Denied(request, "with an explicit deny in a resource-based policy");
        }

        if (isOfAccount ? own != PolicyDecision.Allow && granted != PolicyDecision.Allow : own != PolicyDecision.Allow)
        {
            throw Denied(request, $"because no identity-based policy allows the {action} action");
        }

        if (!isOfAccount && granted == PolicyDecision.None)
        {
            throw Denied(request, $"because no resource-based policy allows the {action} action");
        }
    }

    /// <summary>
    /// Operations without a resource are on the server's own account: at AWS on the caller's, which here is another server's. No
    /// resource policy can open them to other accounts.
    /// </summary>
    private bool IsOfAccount(ReadOnlySpan<char> resourceArn, string accountId)
    {
        if (resourceArn is "*")
        {
            return identity.AccountId == accountId;
        }

        Span<Range> parts = stackalloc Range[6];
        return resourceArn.Split(parts, ':') == 6 && resourceArn[parts[4]].SequenceEqual(accountId);
    }

    private static BrokerException Denied(in PolicyRequest request, string why) => new(
        BrokerErrorCode.AccessDenied,
        $"User: {request.PrincipalArn} is not authorized to perform: {request.Action} on resource: {request.ResourceArn} {why}");
}
