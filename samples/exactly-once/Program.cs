using Broker.Kcl.Consumer;
using Broker.Samples.ExactlyOnce;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

var builder = Host.CreateApplicationBuilder(args);
var settings = builder.Configuration;
builder.Services.AddSingleton(NpgsqlDataSource.Create(settings["postgres"] ?? throw new InvalidOperationException("--postgres must be a connection string.")));
builder.Services.AddSingleton<Totals>();
builder.Services.AddHostedService(services => services.GetRequiredService<Totals>());
builder.Services.AddBrokerConsumer<TotalsProcessor>(options =>
{
    options.ApplicationName = settings["application"] ?? "totals";
    options.StreamNames.Add(settings["stream"] ?? "orders");
    options.Endpoints.Add(new Uri(settings["broker"] ?? "http://127.0.0.1:4567"));
    options.InitialPosition = InitialPosition.TrimHorizon;
    options.FailoverTime = settings["failover"] is { } seconds ? TimeSpan.FromSeconds(int.Parse(seconds)) : null;
});
await builder.Build().RunAsync();
