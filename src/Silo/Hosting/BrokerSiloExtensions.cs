using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Broker.Contracts.Cluster;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Hosting.Cluster.Tls;
using Broker.Silo.Leases;
using Broker.Silo.Operations;
using Broker.Silo.Shards;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Shards.Placement;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Time;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Rows;
using Broker.Silo.Streams.Scaling;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;

namespace Broker.Silo.Hosting;

/// <summary>Puts a silo of the broker into a host.</summary>
public static class BrokerSiloExtensions
{
    /// <summary>
    /// Adds a silo: of a cluster where Broker:Postgres names a database, else an embedded one with everything in one data directory, no peers
    /// and no listening port. The host's configuration names the sections: Broker:Storage, Broker:Log, Broker:Shards, Broker:Limits,
    /// Broker:Identity, Broker:Retention, Broker:OnDemand, Broker:Leases, Broker:Producers, Broker:Postgres, Broker:Cluster, Broker:ClusterTls.
    /// </summary>
    /// <remarks>
    /// Storage is opened in the order of its registration: the log, which locks the data directory, then the rows.
    /// Services that need the silo, such as a gateway, are added after this call.
    /// </remarks>
    public static IHostApplicationBuilder AddBrokerSilo(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddBrokerOptions(builder.Configuration);
        builder.Logging.QuietOrleans();
        var isCluster = builder.Configuration.IsCluster();
        if (isCluster)
        {
            services.AddClusterTime();
            services.AddClusterStorage();
        }
        else
        {
            services.AddEmbeddedLog();
            services.AddEmbeddedRows();
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddControlPlane();
        services.AddShards();
        services.AddOperations(isCluster);
        services.AddSingleton<IStorageComponent>(provider => provider.GetRequiredService<ExpiryFloor>());
        services.AddHostedService<StorageLifetime>();
        services.AddOrleans(silo =>
        {
            silo.AddIncomingGrainCallFilter<StorageFaultFilter>();
            if (isCluster)
            {
                silo.UseCluster(Orleans.Providers.ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, new GrainStateSerializer(GrainStateJson));
            }
            else
            {
                silo.UseEmbedded();
            }
        });
        if (isCluster)
        {
            services.AddHostedService<ShardBalancer>();
            services.AddHostedService<ShardDrain>();
            services.AddHostedService(provider => provider.GetRequiredService<SiloDrain>());
        }

        services.AddHostedService(provider => provider.GetRequiredService<RetentionSweeper>());
        return builder;
    }

    /// <summary>Binds and validates what both silo and gateway read: identity, limits, producers. Repeatable.</summary>
    public static IServiceCollection AddBrokerOptions(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(service => service.ServiceType == typeof(OptionsMarker)))
        {
            return services;
        }

        services.AddSingleton<OptionsMarker>();

        // What Orleans itself meets on the way to a grain, as in the directory, is told to callers in other processes by its type: trouble
        // with the database, which passes, and not a codec that is missing.
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.UnionWith(["Npgsql", "Broker"]));
        var limits = configuration.GetSection("Broker:Limits");
        services.AddOptions<BrokerLimits>().Configure(options =>
        {
            if (string.Equals(limits["Profile"], "unlimited", StringComparison.OrdinalIgnoreCase))
            {
                options.Lift();
            }
        });
        Add<BrokerLimits>(services, limits, options => [.. ProfileFaults(limits["Profile"]), .. options.Faults()]);
        Add<BrokerIdentity>(services, configuration.GetSection("Broker:Identity"), options => options.Faults());
        Add<ProducerLimits>(services, configuration.GetSection("Broker:Producers"), options => options.Faults());
        Add<BrokerStorageOptions>(services, configuration.GetSection("Broker:Storage"), options => options.Faults());
        Add<EmbeddedLogOptions>(services, configuration.GetSection("Broker:Log"), options => options.Faults());
        Add<ShardOptions>(services, configuration.GetSection("Broker:Shards"), options => options.Faults());
        Add<OnDemandOptions>(services, configuration.GetSection("Broker:OnDemand"), options => options.Faults());
        Add<DatabaseTimeOptions>(services, configuration.GetSection("Broker:Clock"), options => options.Faults());
        Add<RetentionOptions>(services, configuration.GetSection("Broker:Retention"), options => options.Faults());
        Add<BalanceOptions>(services, configuration.GetSection("Broker:Balance"), options => options.Faults());
        Add<LeaseOptions>(services, configuration.GetSection("Broker:Leases"), options => options.Faults());
        var isCluster = configuration.IsCluster();
        Add<Cluster.ClusterOptions>(services, configuration.GetSection("Broker:Cluster"), options => options.Faults(isCluster));
        Add<ClusterTlsOptions>(services, configuration.GetSection("Broker:ClusterTls"), options => isCluster
            ? options.Faults(isSilo: configuration.GetSection("Broker:Cluster").Get<Cluster.ClusterOptions>()?.IsSilo ?? true) : []);
        Add<PostgresOptions>(services, configuration.GetSection("Broker:Postgres"), options => isCluster ? options.Faults() : []);
        return services;
    }

    private static void AddControlPlane(this IServiceCollection services)
    {
        services.AddSingleton<ExpiryClock>();
        services.AddSingleton<ExpiryFloor>();
        services.TryAddSingleton<ISweepTurns, OwnSweepTurns>();
        services.AddSingleton<RetentionSweeper>();
        services.AddSingleton<IShardDirectory, ShardDirectory>();
    }

    private static void AddShards(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddSingleton<ShardMetrics>();
        services.AddSingleton<SiloMetrics>();
        services.AddSingleton<LocalShards>();
        services.AddPlacementDirector<ShardPlacement, ShardPlacementDirector>();
        services.AddSingleton(provider => new TailCache(provider.GetRequiredService<IOptions<ShardOptions>>().Value.TailCacheBytes));
    }

    private static void AddOperations(this IServiceCollection services, bool isCluster)
    {
        services.AddGrainService<ShardHost>();
        services.AddSingleton<ShardHosts>();
        services.AddSingleton<ShardEvacuation>();
        services.AddSingleton<SiloDrain>();
        services.AddSingleton<ISiloDrain>(provider => provider.GetRequiredService<SiloDrain>());
        services.AddSingleton<SiloReporter>();
        services.AddSingleton<IClusterLevel>(provider =>
            isCluster ? new PostgresLevel(provider.GetRequiredService<NpgsqlDataSource>()) : new EmbeddedLevel());
    }

    private static void AddEmbeddedLog(this IServiceCollection services)
    {
        services.AddOptions<EmbeddedLogOptions>().PostConfigure<IOptions<BrokerStorageOptions>>(
            (log, storage) => log.DataDirectory = Path.Combine(storage.Value.DataDirectory, "log"));
        services.AddSingleton<EmbeddedLogComponent>();
        services.TryAddSingleton<IShardLog>(provider => provider.GetRequiredService<EmbeddedLogComponent>());
        services.AddSingleton<IStorageComponent, LogPresence>();
        services.AddSingleton<IStorageComponent>(provider => provider.GetRequiredService<EmbeddedLogComponent>());
    }

    private static void AddEmbeddedRows(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<BrokerStorageOptions>>().Value;
            return new SqliteRowStore(options.DataDirectory, provider.GetRequiredService<ILogger<SqliteRowStore>>(), options.MaxMetadataPages);
        });
        services.TryAddSingleton<IRowStore>(provider => provider.GetRequiredService<SqliteRowStore>());
        services.AddSingleton<IStorageComponent>(provider => provider.GetRequiredService<SqliteRowStore>());
        services.AddSingleton<IStorageComponent, MetadataPresence>();
    }

    private static void UseEmbedded(this ISiloBuilder silo)
    {
        // The endpoint is the silo's name to itself; nothing listens on it, so two brokers on a machine cannot clash.
        silo.UseLocalhostClustering(siloPort: 11111, gatewayPort: 0, serviceId: "broker", clusterId: "embedded");
        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = IPAddress.Loopback;
            options.GatewayPort = 0;
        });
        silo.Services.ListenNowhere();
        silo.Services.AddGrainStorage<RowGrainStorage>(
            Orleans.Providers.ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
            (provider, _) => new RowGrainStorage(provider.GetRequiredService<IRowStore>(), GrainStateJson));
    }

    /// <summary>Orleans tells all its options at every start, and that it would like another garbage collector. The configuration can ask for more.</summary>
    internal static void QuietOrleans(this ILoggingBuilder logging)
    {
        logging.AddFilter("Orleans", LogLevel.Warning);
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);

        // At its first turn it takes the time since the machine started for a stall.
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }

    /// <summary>Takes Orleans' socket listeners out of the silo.</summary>
    private static void ListenNowhere(this IServiceCollection services)
    {
        foreach (var listener in services.Where(service => service.IsKeyedService && service.ServiceType == typeof(IConnectionListenerFactory)).ToList())
        {
            services.Remove(listener);
            services.AddKeyedSingleton<IConnectionListenerFactory>(listener.ServiceKey, new NoListenerFactory());
        }
    }

    // States of the control plane by generated code; others, such as those of tests, by reflection.
    private static JsonSerializerOptions GrainStateJson { get; } = new(StreamRowsJson.Default.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(StreamRowsJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    private static void Add<T>(IServiceCollection services, IConfigurationSection section, Func<T, IEnumerable<string>> faults)
        where T : class
    {
        services.AddOptions<T>().Bind(section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<T>>(new FaultsValidator<T>(faults));
    }

    private static IEnumerable<string> ProfileFaults(string? profile)
    {
        if (profile is not null && !string.Equals(profile, "aws", StringComparison.OrdinalIgnoreCase)
            && !string.Equals(profile, "unlimited", StringComparison.OrdinalIgnoreCase))
        {
            yield return $"Broker:Limits:Profile is '{profile}': it must be aws or unlimited.";
        }
    }

    private sealed class OptionsMarker;
}
