using System.Net;
using Broker.Contracts.Streams;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;

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

    /// <summary>A file with keys, their principals and policies. Default none.</summary>
    public string KeysFile { get; set; } = "";

    /// <summary>How often the keys are read again. Default 5 seconds.</summary>
    public TimeSpan KeysPollInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>An access key that may do everything, for the first steps and for operators. Default none.</summary>
    public string AccessKeyId { get; set; } = "";

    /// <summary>Its secret; better in <see cref="SecretAccessKeyFile"/>, or in the environment.</summary>
    public string SecretAccessKey { get; set; } = "";

    /// <summary>A file that holds the secret and nothing else. Default none.</summary>
    public string SecretAccessKeyFile { get; set; } = "";

    /// <summary>How far the time in a signature may be from the server's. Default 15 minutes, as AWS's.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    /// <param name="gateway">Where the server listens.</param>
    /// <param name="identity">The account of the principals.</param>
    /// <param name="tls">Where else it listens.</param>
    public IEnumerable<string> Faults(GatewayOptions gateway, BrokerIdentity identity, TlsOptions tls)
    {
        if (!Enum.IsDefined(Mode))
        {
            yield return $"Broker:Auth:Mode is {Mode}: it must be Auto, None or On.";
        }

        foreach (var (listen, endPoint) in new[]
        {
            ($"Broker:Gateway:Listen is '{gateway.Listen}'", gateway.TryGetEndPoint(out var first) ? first : null),
            ($"Broker:Tls:Listen is '{tls.Listen}'", tls.Listen.Length > 0 && tls.TryGetEndPoint(gateway, out var second) ? second : null),
        })
        {
            if (Mode == AuthMode.Auto && endPoint is not null && !IPAddress.IsLoopback(endPoint.Address))
            {
                yield return $"{listen}, which is beyond loopback, and there is no authentication: whoever reaches it may do everything. "
                    + "Give --auth on (docs/security.md), or --auth none to allow that.";
            }
        }

        if (KeysPollInterval <= TimeSpan.Zero)
        {
            yield return $"Broker:Auth:KeysPollInterval is {KeysPollInterval}: it must be longer than zero.";
        }

        if (ClockSkew <= TimeSpan.Zero || ClockSkew > TimeSpan.FromDays(1))
        {
            yield return $"Broker:Auth:ClockSkew is {ClockSkew}: it must be longer than zero, and at most a day.";
        }

        if (AccessKeyId.Length > 0 && (SecretAccessKey.Length > 0) == (SecretAccessKeyFile.Length > 0))
        {
            yield return "Broker:Auth:AccessKeyId is set: exactly one of Broker:Auth:SecretAccessKey and Broker:Auth:SecretAccessKeyFile must be, too.";
        }
        else if (AccessKeyId.Length == 0 && (SecretAccessKey.Length > 0 || SecretAccessKeyFile.Length > 0))
        {
            yield return "Broker:Auth has a secret: Broker:Auth:AccessKeyId must be set, too.";
        }
        else if (Mode == AuthMode.On && AccessKeyId.Length == 0 && KeysFile.Length == 0)
        {
            yield return "Broker:Auth:Mode is On and there is no key that a caller could have: Broker:Auth:KeysFile or Broker:Auth:AccessKeyId must be set.";
        }
        else if (Mode == AuthMode.On)
        {
            Keys.KeysFile.Read(this, identity, out var faults);
            foreach (var fault in faults)
            {
                yield return fault;
            }
        }
    }
}
