using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting.Tls;

/// <summary>Refuses to start with options that cannot work, naming all faults at once.</summary>
internal sealed class TlsOptionsValidator(IOptionsMonitor<GatewayOptions> gateway) : IValidateOptions<TlsOptions>
{
    public ValidateOptionsResult Validate(string? name, TlsOptions options)
    {
        List<string> faults;
        try
        {
            faults = [.. options.Faults(gateway.CurrentValue)];
        }
        catch (OptionsValidationException)
        {
            // Their own validator tells those faults; the rules of this section are then asked against the defaults.
            faults = [.. options.Faults(new GatewayOptions())];
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
