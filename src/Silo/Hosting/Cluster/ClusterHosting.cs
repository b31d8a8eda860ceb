using System.Globalization;
using System.Net;
using Broker.Silo.Hosting.Cluster.Tls;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Postgres.Time;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Retention;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.GrainDirectory;
using Orleans.Runtime.Hosting;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Puts a process's part of a cluster into a host: storage and Orleans' providers on PostgreSQL, membership that notices losses in seconds.</summary>
public static class ClusterHosting
{
    private const string Invariant = "Npgsql";

    /// <summary>Connections of Orleans' own: what membership and the directory need must not wait behind records.</summary>
    private const string OrleansPool = "orleans";

    private const int OrleansConnections = 12;

    /// <summary>True where the configuration names a database, which is what makes a process part of a cluster.</summary>
    public static bool IsCluster(this IConfiguration configuration) => configuration["Broker:Postgres:ConnectionString"] is { Length: > 0 };

    /// <summary>Adds the Orleans client by which a gateway without a silo reaches the cluster.</summary>
    public static IHostApplicationBuilder AddBrokerClusterClient(this IHostApplicationBuilder builder)
    {
        builder.Services.AddBrokerOptions(builder.Configuration);
        builder.Logging.QuietOrleans();
        builder.Services.AddClusterTime();
        builder.Services.AddHostedService<StorageLifetime>();
        builder.Services.AddSingleton<LostSilos>();
        builder.UseOrleansClient(client =>
        {
            client.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringClientOptions> options) => options.Configure<IServiceProvider>(
                (clustering, provider) => (clustering.Invariant, clustering.DataSource) = (Invariant, OrleansDatabase(provider))));
            client.Services.AddOptions<Orleans.Configuration.ClusterOptions>().Configure<IOptions<ClusterOptions>>(Name);
            client.Services.AddClusterTls();
            client.Services.AddOptions<ClientConnectionOptions>().Configure<IOptions<ClusterTlsOptions>, IServiceProvider>((connections, tls, provider) =>
            {
                if (tls.Value.IsOn)
                {
                    connections.ConfigureConnection(connection => provider.GetRequiredService<ClusterTls>().Connect(connection));
                }
            });

            // Silos that come take their part of the calls as soon as others have left it to them.
            client.Configure<GatewayOptions>(static gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(5));
            client.Services.AddSingleton<IOutgoingGrainCallFilter>(static provider => provider.GetRequiredService<LostSilos>());
        });
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<LostSilos>());
        return builder;
    }

    /// <summary>Makes the database's time that of the process. Before whatever else brings a clock, and whatever else is opened.</summary>
    internal static void AddClusterTime(this IServiceCollection services)
    {
        services.AddPools();
        if (!services.Any(service => service.ServiceType == typeof(TimeProvider)))
        {
            services.AddSingleton<DatabaseTime>();
            services.AddSingleton<TimeProvider>(provider => provider.GetRequiredService<DatabaseTime>());
            services.AddSingleton<IStorageComponent>(provider => provider.GetRequiredService<DatabaseTime>());
        }
    }

    internal static void AddClusterStorage(this IServiceCollection services)
    {
        services.AddSingleton<IStorageComponent, SiloPorts>();
        services.TryAddSingleton<ISweepTurns, SharedSweepTurns>();
        services.TryAddSingleton<PostgresSchema>();
        services.AddSingleton<IStorageComponent, PostgresMigration>();
        services.AddSingleton<PostgresLogComponent>();
        services.TryAddSingleton<IShardLog>(provider => provider.GetRequiredService<PostgresLogComponent>());
        services.AddSingleton<IStorageComponent>(provider => provider.GetRequiredService<PostgresLogComponent>());
        services.TryAddSingleton<IRowStore>(provider => new PostgresRowStore(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<IOptions<PostgresOptions>>().Value,
            provider.GetRequiredService<TimeProvider>()));
    }

    internal static void UseCluster(this ISiloBuilder silo, string stateStorage, GrainStateSerializer states)
    {
        var services = silo.Services;
        services.AddOptions<Orleans.Configuration.ClusterOptions>().Configure<IOptions<ClusterOptions>>(Name);
        services.AddOptions<EndpointOptions>().Configure<IOptions<ClusterOptions>>((endpoints, cluster) =>
        {
            endpoints.AdvertisedIPAddress = IPAddress.Parse(cluster.Value.AdvertisedAddress);
            endpoints.SiloPort = cluster.Value.SiloPort;
            endpoints.GatewayPort = cluster.Value.SiloGatewayPort;
        });
        services.AddOptions<SiloOptions>().Configure<IOptions<ClusterOptions>>((options, cluster) =>
            options.SiloName = cluster.Value.SiloName is { Length: > 0 } name
                ? name
                : string.Create(CultureInfo.InvariantCulture, $"{cluster.Value.AdvertisedAddress}:{cluster.Value.SiloPort}"));
        services.AddOptions<ClusterMembershipOptions>().Configure<IOptions<ClusterOptions>>(Tune);

        silo.UseAdoNetClustering((OptionsBuilder<AdoNetClusteringSiloOptions> options) => options.Configure<IServiceProvider>(
            (clustering, provider) => (clustering.Invariant, clustering.DataSource) = (Invariant, OrleansDatabase(provider))));
        silo.UseAdoNetReminderService((OptionsBuilder<AdoNetReminderTableOptions> options) => options.Configure<IServiceProvider>(
            (reminders, provider) => (reminders.Invariant, reminders.DataSource) = (Invariant, OrleansDatabase(provider))));
        silo.AddAdoNetGrainStorage(stateStorage, options => options.Configure<IServiceProvider>((storage, provider) =>
        {
            (storage.Invariant, storage.DataSource) = (Invariant, OrleansDatabase(provider));
            storage.GrainStorageSerializer = states;
            storage.DeleteStateOnClear = true;
        }));
        services.AddGrainDirectory(
            GrainDirectoryAttribute.DEFAULT_GRAIN_DIRECTORY,
            (provider, _) => new PostgresGrainDirectory(
                OrleansDatabase(provider),
                provider.GetRequiredService<IOptions<PostgresOptions>>().Value,
                provider.GetRequiredService<IOptions<ClusterOptions>>().Value.ClusterId,
                provider.GetRequiredService<TimeProvider>()));

        services.AddSingleton<IFatalErrorHandler, SuddenEnd>();
        services.AddSingleton<RefusingSilos>();
        services.AddClusterTls();
        services.AddOptions<SiloConnectionOptions>().Configure<IOptions<ClusterOptions>, IOptions<ClusterTlsOptions>, IServiceProvider>((connections, cluster, tls, provider) =>
        {
            if (cluster.Value.EvictRefusing)
            {
                connections.ConfigureSiloOutboundConnection(outbound => provider.GetRequiredService<RefusingSilos>().Watch(outbound));
            }

            if (tls.Value.IsOn)
            {
                connections.ConfigureSiloOutboundConnection(connection => provider.GetRequiredService<ClusterTls>().Connect(connection));
                connections.ConfigureSiloInboundConnection(connection => provider.GetRequiredService<ClusterTls>().AcceptSilos(connection));
                connections.ConfigureGatewayInboundConnection(connection => provider.GetRequiredService<ClusterTls>().AcceptGateways(connection));
            }
        });
    }

    private static void AddClusterTls(this IServiceCollection services)
    {
        services.TryAddSingleton<ClusterCertificates>();
        services.TryAddSingleton<ClusterTls>();
    }

    private static void AddPools(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<PostgresOptions>>().Value.CreateDataSource());
        services.TryAddKeyedSingleton<NpgsqlDataSource>(OrleansPool, (provider, _) =>
            provider.GetRequiredService<IOptions<PostgresOptions>>().Value.CreateDataSource(OrleansConnections));
    }

    private static NpgsqlDataSource OrleansDatabase(IServiceProvider services) => services.GetRequiredKeyedService<NpgsqlDataSource>(OrleansPool);

    private static void Name(Orleans.Configuration.ClusterOptions orleans, IOptions<ClusterOptions> cluster)
    {
        orleans.ClusterId = cluster.Value.ClusterId;

        // What persists in the service's name stays when a cluster of another name takes the database over.
        orleans.ServiceId = "broker";
    }

    private static void Tune(ClusterMembershipOptions membership, IOptions<ClusterOptions> cluster)
    {
        membership.ProbeTimeout = membership.MinProbeTimeout = cluster.Value.ProbeTimeout;

        // Also how long a silo that says nothing is spared for what it said last: three times this.
        membership.MaxProbeTimeout = cluster.Value.ProbeTimeout * 2;
        membership.NumMissedProbesLimit = cluster.Value.MissedProbes;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
        membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
    }
}
