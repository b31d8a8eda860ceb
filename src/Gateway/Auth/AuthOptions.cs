using Broker.Gateway.Hosting;

namespace Broker.Gateway.Auth;

/// <summary>Who may do what. Configuration section <c>Broker:Auth</c>; docs/security.md tells how to use it.</summary>
/// <remarks>
/// A signature can be checked with the secret alone, so a one-way hash of it would not do: secrets are kept in files whose readers the
/// operating system restricts, or come from the environment.
/// </remarks>
public sealed class AuthOptions
{
    /// <summary>Whether callers are asked who they are. Default Auto: no on loopback; beyond it one of the others must be said.</summary>
    public AuthMode Mode { get; set; }

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    /// <param name="gateway">Where the server listens.</param>
    public IEnumerable<string> Faults(GatewayOptions gateway)
    {
        if (!Enum.IsDefined(Mode))
        {
            yield return $"Broker:Auth:Mode is {Mode}: it must be Auto, None or On.";
        }

        if (Mode == AuthMode.Auto && gateway.TryGetEndPoint(out var endPoint) && !System.Net.IPAddress.IsLoopback(endPoint.Address))
        {
            yield return $"Broker:Gateway:Listen is '{gateway.Listen}', which is beyond loopback, and there is no authentication: whoever reaches it may do everything. "
                + "Give --auth on (docs/security.md), or --auth none to allow that.";
        }
    }
}
