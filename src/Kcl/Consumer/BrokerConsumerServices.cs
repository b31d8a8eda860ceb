using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Kcl.Consumer;

/// <summary>Registers consumers with a service container.</summary>
public static class BrokerConsumerServices
{
    /// <summary>Adds a consumer that runs as long as the host does, and stops gracefully with it. A failure for good stops the host.</summary>
    /// <typeparam name="TProcessor">
    /// The processor. For each shard one is made in a scope of its own, with what the container has for its constructor, and both end with
    /// the shard's lease; the <see cref="ShardLease"/> may be among its arguments.
    /// </typeparam>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets the options, which are checked when the host starts.</param>
    public static IServiceCollection AddBrokerConsumer<TProcessor>(this IServiceCollection services, Action<BrokerConsumerOptions> configure)
        where TProcessor : class, IRecordProcessor => Add<TProcessor>(services, Options.DefaultName, configure);

    /// <summary>Adds a consumer under a name, for applications with several.</summary>
    /// <param name="services">The container.</param>
    /// <param name="name">The name of its options.</param>
    /// <param name="configure">Sets the options, which are checked when the host starts.</param>
    /// <inheritdoc cref="AddBrokerConsumer{TProcessor}(IServiceCollection, Action{BrokerConsumerOptions})"/>
    public static IServiceCollection AddBrokerConsumer<TProcessor>(this IServiceCollection services, string name, Action<BrokerConsumerOptions> configure)
        where TProcessor : class, IRecordProcessor
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Add<TProcessor>(services, name, configure);
    }

    private static IServiceCollection Add<TProcessor>(IServiceCollection services, string name, Action<BrokerConsumerOptions> configure)
        where TProcessor : class, IRecordProcessor
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<BrokerConsumerOptions>(name).Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<BrokerConsumerOptions>>(new Validator(name));
        return services.AddSingleton<IHostedService>(provider => new Host(new BrokerConsumer(
            provider.GetRequiredService<IOptionsMonitor<BrokerConsumerOptions>>().Get(name),
            new ScopedProcessors<TProcessor>(provider.GetRequiredService<IServiceScopeFactory>()),
            provider.GetService<ILogger<BrokerConsumer>>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<IMeterFactory>())));
    }

    private sealed class Host(BrokerConsumer consumer) : BackgroundService, IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await consumer.DisposeAsync();
            Dispose();
        }

        protected override Task ExecuteAsync(CancellationToken stoppingToken) => consumer.RunAsync(stoppingToken);
    }

    private sealed class Validator(string only) : IValidateOptions<BrokerConsumerOptions>
    {
        public ValidateOptionsResult Validate(string? name, BrokerConsumerOptions options) =>
            name != only ? ValidateOptionsResult.Skip
            : options.Faults().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults)
            : ValidateOptionsResult.Success;
    }
}
