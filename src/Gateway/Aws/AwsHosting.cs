using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Broker.Gateway.Aws;

/// <summary>Puts the AWS endpoint into the gateway: every operation of this assembly, at every path that nothing else answers.</summary>
internal static class AwsHosting
{
    public static IServiceCollection AddAwsEndpoint(this IServiceCollection services)
    {
        services.TryAddSingleton<AwsBody>();
        services.TryAddSingleton<AwsResources>();
        services.TryAddSingleton<Streams.AwsShards>();
        services.TryAddSingleton<Errors.Throttling>();
        services.TryAddSingleton<AwsEndpoint>();
        var operations = typeof(AwsOperation).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(AwsOperation)));
        services.TryAddEnumerable(operations.Select(type => ServiceDescriptor.Singleton(typeof(AwsOperation), type)));
        return services;
    }

    public static void MapAwsEndpoint(this WebApplication application) =>
        application.MapFallback("{*path}", application.Services.GetRequiredService<AwsEndpoint>().InvokeAsync);
}
