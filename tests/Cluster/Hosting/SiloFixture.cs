using System.Collections.Immutable;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Silo.Hosting;
using Broker.Silo.Storage.Rows;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Broker.Tests.Cluster.Hosting;

/// <summary>A real embedded silo on a data directory, started and stopped at will.</summary>
public sealed class SiloFixture : IAsyncDisposable
{
    private readonly IHost host;

    private SiloFixture(IHost host, FaultyRowStore rows) => (this.host, Rows) = (host, rows);

    public FaultyRowStore Rows { get; }

    public IServiceProvider Services => host.Services;

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public ICatalogueGrain Catalogue => Grains.GetGrain<ICatalogueGrain>("000000000000");

    public static async Task<SiloFixture> StartAsync(string directory, ObservedLog shards, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Production" });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Configuration.AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Key, setting.Value))
                .Append(KeyValuePair.Create<string, string?>("Broker:Storage:DataDirectory", directory)));
        builder.Services.AddSingleton<TimeProvider>(shards.Time);
        builder.Services.AddSingleton(provider => shards.Around(provider.GetRequiredService<EmbeddedLogComponent>()));
        builder.Services.AddSingleton(provider => new FaultyRowStore(provider.GetRequiredService<SqliteRowStore>()));
        builder.Services.AddSingleton<IRowStore>(provider => provider.GetRequiredService<FaultyRowStore>());
        builder.AddBrokerSilo();
        var host = builder.Build();
        await host.StartAsync();
        return new SiloFixture(host, host.Services.GetRequiredService<FaultyRowStore>());
    }

    public async Task<IStreamGrain> CreateAsync(string name, int shards, StreamMode mode = StreamMode.Provisioned)
    {
        var generation = await Catalogue.CreateAsync(Command(name, shards, mode));
        var stream = Grains.GetGrain<IStreamGrain>(generation.Value);
        await ActiveAsync(stream);
        return stream;
    }

    public static CreateStreamCommand Command(string name, int shards, StreamMode mode = StreamMode.Provisioned) =>
        new(name, mode, shards, 1024 * 1024, ImmutableSortedDictionary<string, string>.Empty);

    public static async Task<StreamMap> ActiveAsync(IStreamGrain stream)
    {
        await EventuallyAsync(async () => (await stream.DescribeAsync()).Status == StreamStatus.Active);
        return (await stream.GetMapAsync(-1))!;
    }

    /// <summary>Asks again until it is so, for at most a minute.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
