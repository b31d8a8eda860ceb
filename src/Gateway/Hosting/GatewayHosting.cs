using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Auth;
using Broker.Gateway.Auth.Keys;
using Broker.Gateway.Auth.Signing;
using Broker.Gateway.Aws;
using Broker.Gateway.Compression;
using Broker.Gateway.Encryption;
using Broker.Gateway.Encryption.MasterKeys;
using Broker.Gateway.Errors;
using Broker.Gateway.Groups;
using Broker.Gateway.Grpc;
using Broker.Gateway.Grpc.Access;
using Broker.Gateway.Grpc.Applications;
using Broker.Gateway.Grpc.Clusters;
using Broker.Gateway.Grpc.Records;
using Broker.Gateway.Grpc.Streams;
using Broker.Gateway.Hosting.Tls;
using Broker.Gateway.Metrics;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Grpc.AspNetCore.Server.Model;
using Grpc.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Puts the gateway into a web application; the application brings Orleans' <see cref="IGrainFactory"/>.</summary>
public static class GatewayHosting
{
    /// <summary>Adds the gateway's services and its endpoint. Options: sections Broker:Gateway, :Auth, :Tls, :Encryption, :Limits, :Producers, :Identity.</summary>
    public static WebApplicationBuilder AddBrokerGateway(this WebApplicationBuilder builder)
    {
        builder.Services.AddBrokerGateway(builder.Configuration);
        return builder;
    }

    /// <summary>As <see cref="AddBrokerGateway(WebApplicationBuilder)"/>, for a service collection.</summary>
    public static IServiceCollection AddBrokerGateway(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddBrokerEndpoint(configuration);
        services.PostConfigure<GatewayOptions>(gateway => gateway.Compression = gateway.Compression != CompressionMode.Auto ? gateway.Compression
            : configuration["Broker:Postgres:ConnectionString"] is { Length: > 0 } ? CompressionMode.Lz4 : CompressionMode.None);
        services.AddOptions<AuthOptions>().Bind(configuration.GetSection("Broker:Auth")).ValidateOnStart();
        services.AddOptions<BrokerLimits>().Bind(configuration.GetSection("Broker:Limits"));
        services.AddOptions<ProducerLimits>().Bind(configuration.GetSection("Broker:Producers"));
        services.AddOptions<BrokerIdentity>().Bind(configuration.GetSection("Broker:Identity"));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AuthOptions>, AuthOptionsValidator>());
        services.TryAddSingleton(static provider => provider.GetRequiredService<IOptions<BrokerIdentity>>().Value);
        services.AddMetrics();
        services.TryAddSingleton(static _ => new KnownEnds());
        services.TryAddSingleton<IBrokerGrains, OrleansBrokerGrains>();
        services.TryAddSingleton<StreamRoutes>();
        services.TryAddSingleton<StreamCalls>();
        services.TryAddSingleton<AccessKeys>();
        services.AddHostedService(static provider => provider.GetRequiredService<AccessKeys>());
        services.TryAddSingleton<SignatureVerifier>();
        services.TryAddSingleton<RequestAuthenticator>();
        services.TryAddSingleton<IResourcePolicies, RoutedResourcePolicies>();
        services.TryAddSingleton<Authorizer>();
        services.AddOptions<EncryptionOptions>().Bind(configuration.GetSection("Broker:Encryption")).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EncryptionOptions>, EncryptionOptionsValidator>());
        services.TryAddSingleton<IKeyProvider, FileKeyProvider>();
        services.TryAddSingleton<StreamCiphers>();
        services.TryAddSingleton<RecordAppender>();
        services.TryAddSingleton<RecordPuts>();
        services.TryAddSingleton<MessageBudget>();
        services.TryAddSingleton<AnswerBudget>();
        services.TryAddSingleton<GatewayMetrics>();
        services.TryAddSingleton<GatewayDrain>();
        services.AddHostedService(static provider => provider.GetRequiredService<GatewayDrain>());
        services.TryAddSingleton<TokenSealer>();
        services.TryAddSingleton<PageTokens>();
        services.TryAddSingleton<ShardIterators>();
        services.TryAddSingleton<StartingPositions>();
        services.TryAddSingleton<ShardFeeds>();
        services.TryAddSingleton<RecordReads>();
        services.TryAddSingleton<Subscriptions>();
        services.AddAwsEndpoint();
        services.TryAddSingleton<RecordService>();
        services.TryAddSingleton<StreamService>();
        services.TryAddSingleton<LeaseLags>();
        services.TryAddSingleton<MemberServices>();
        services.TryAddSingleton<ApplicationService>();
        services.TryAddSingleton<ClusterService>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<ClusterService>, ClusterServiceMethods>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<ApplicationService>, ApplicationServiceMethods>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<StreamService>, StreamServiceMethods>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<RecordService>, RecordServiceMethods>());
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = GatewayOptions.MaxMessageBytes;
            grpc.MaxSendMessageSize = null;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<GrpcRequestMetrics>();
            grpc.Interceptors.Add<BrokerErrorInterceptor>();
            grpc.Interceptors.Add<GrpcAuthorization>();
        });
        services.TryAddSingleton<GrpcResources>();
        services.TryAddSingleton<GrpcAuthorization>();
        services.TryAddSingleton<BrokerErrorInterceptor>();
        services.TryAddSingleton<GrpcRequestMetrics>();
        services.AddGrpcHealthChecks().AddCheck<GatewayHealth>("gateway");
        ServiceDescriptor[] described =
        [
            ServiceDescriptor.Singleton(new ReflectionServiceImpl(Described())),
            ServiceDescriptor.Singleton(new ReflectionV1ServiceImpl(Described())),
        ];
        services.TryAdd(described);
        return services;
    }

    /// <summary>Adds the endpoint of Broker:Gateway and Broker:Tls alone, for a process that answers probes there and nothing else.</summary>
    public static IServiceCollection AddBrokerEndpoint(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<GatewayOptions>().Bind(configuration.GetSection("Broker:Gateway")).ValidateOnStart();
        services.AddOptions<TlsOptions>().Bind(configuration.GetSection("Broker:Tls")).ValidateOnStart();
        services.PostConfigure<TlsOptions>(tls => tls.Directory = configuration["Broker:Storage:DataDirectory"] is { Length: > 0 } data ? data : "broker-data");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TlsOptions>, TlsOptionsValidator>());
        services.TryAddSingleton<ServerCertificate>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<KestrelServerOptions>, GatewayKestrel>());
        services.TryAddSingleton(TimeProvider.System);
        return services;
    }

    /// <summary>Maps the gRPC services, their health and reflection, and what probes ask (<see cref="HealthAnswer"/>).</summary>
    public static WebApplication MapBrokerGateway(this WebApplication application)
    {
        if (application.Services.GetRequiredService<Authorizer>().IsOn)
        {
            application.UseMiddleware<GrpcAuthentication>();
        }

        application.UseMiddleware<MessageGate>();
        application.MapGrpcService<StreamService>();
        application.MapGrpcService<RecordService>();
        application.MapGrpcService<ApplicationService>();
        application.MapGrpcService<ClusterService>();
        application.MapGrpcHealthChecksService();
        application.MapGrpcService<ReflectionServiceImpl>();
        application.MapGrpcService<ReflectionV1ServiceImpl>();
        application.MapHealth();
        application.MapAwsEndpoint();
        return application;
    }

    /// <summary>Maps what probes ask, and tells all other callers that this process is no gateway.</summary>
    public static WebApplication MapNoGateway(this WebApplication application)
    {
        application.MapHealth();
        application.MapFallback("{**path}", static context => NoGateway.AnswerAsync(context));
        return application;
    }

    private static void MapHealth(this WebApplication application)
    {
        foreach (var path in HealthAnswer.Paths)
        {
            application.MapGet(path, static context => HealthAnswer.For(context)!.WriteAsync(context.Response));
        }
    }

    private static global::Google.Protobuf.Reflection.ServiceDescriptor[] Described() =>
    [
        V1.StreamService.Descriptor,
        V1.RecordService.Descriptor,
        V1.ApplicationService.Descriptor,
        V1.ClusterService.Descriptor,
        global::Grpc.Health.V1.Health.Descriptor,
    ];
}
