using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Kcl.Producer;

/// <summary>Registers producers with a service container.</summary>
public static class BrokerProducerServices
{
    /// <summary>Adds the one <see cref="BrokerProducer"/> of the application, made when it is first asked for and flushed when the container ends.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options, which are checked when the host starts.</param>
    public static IServiceCollection AddBrokerProducer(this IServiceCollection services, Action<BrokerProducerOptions> configure)
    {
        AddOptions(services, Options.DefaultName, configure);
        return services.AddSingleton(provider => Create(provider, Options.DefaultName));
    }

    /// <summary>Adds a producer under a key, for applications with several: ask with <c>[FromKeyedServices(name)]</c>.</summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The key.</param>
    /// <param name="configure">Sets the options, which are checked when the host starts.</param>
    public static IServiceCollection AddBrokerProducer(this IServiceCollection services, string name, Action<BrokerProducerOptions> configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(services, name, configure);
        return services.AddKeyedSingleton(name, static (provider, key) => Create(provider, (string)key!));
    }

    private static void AddOptions(IServiceCollection services, string name, Action<BrokerProducerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<BrokerProducerOptions>(name).Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BrokerProducerOptions>>(new Validator(name));
    }

    private static BrokerProducer Create(IServiceProvider provider, string name) => new(
        provider.GetRequiredService<IOptionsMonitor<BrokerProducerOptions>>().Get(name),
        provider.GetService<ILogger<BrokerProducer>>(),
        provider.GetService<TimeProvider>(),
        provider.GetService<IMeterFactory>());

    private sealed class Validator(string only) : IValidateOptions<BrokerProducerOptions>
    {
        public ValidateOptionsResult Validate(string? name, BrokerProducerOptions options) =>
            name != only ? ValidateOptionsResult.Skip
            : options.Faults().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults)
            : ValidateOptionsResult.Success;
    }
}
