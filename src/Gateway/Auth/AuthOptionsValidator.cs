using Broker.Contracts.Streams;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth;

/// <summary>Refuses to start with options that cannot work, or that would leave the server open to strangers, naming all faults at once.</summary>
internal sealed class AuthOptionsValidator(
    IOptionsMonitor<GatewayOptions> gateway, IOptionsMonitor<BrokerIdentity> identity, IOptionsMonitor<TlsOptions> tls) : IValidateOptions<AuthOptions>
{
    public ValidateOptionsResult Validate(string? name, AuthOptions options)
    {
        List<string> faults;
        try
        {
            faults = [.. options.Faults(gateway.CurrentValue, identity.CurrentValue, tls.CurrentValue)];
        }
        catch (OptionsValidationException)
        {
            // Their own validator tells those faults; the rules of this section are then asked against the defaults.
            faults = [.. options.Faults(new GatewayOptions(), new BrokerIdentity(), new TlsOptions())];
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
