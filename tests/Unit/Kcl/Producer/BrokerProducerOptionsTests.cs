using Broker.Kcl.Producer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Kcl.Producer;

public sealed class BrokerProducerOptionsTests
{
    [Fact]
    public void All_faults_are_told_at_once()
    {
        var options = new BrokerProducerOptions
        {
            Endpoints = [new Uri("ftp://host")],
            MaxBatchRecords = 501,
            MaxBatchBytes = 1,
            MaxInFlightBatchesPerShard = 0,
            MaxOutstandingRecords = 0,
            MaxOutstandingBytes = 0,
            AggregationMaxBytes = 1,
            RateLimit = -1,
            RecordTimeToLive = TimeSpan.Zero,
            RetryDelay = TimeSpan.Zero,
            MaxRetryDelay = TimeSpan.Zero,
            RequestTimeout = TimeSpan.Zero,
            ShardRefreshInterval = TimeSpan.Zero,
            MaxBufferedTime = TimeSpan.FromHours(1),
        };
        var faults = Assert.Throws<OptionsValidationException>(() => new BrokerProducer(options)).Failures.ToList();
        string[] named =
        [
            nameof(options.StreamName), nameof(options.Endpoints), nameof(options.MaxBatchRecords), nameof(options.MaxBatchBytes),
            nameof(options.MaxInFlightBatchesPerShard), nameof(options.MaxOutstandingRecords), nameof(options.MaxOutstandingBytes),
            nameof(options.AggregationMaxBytes), nameof(options.RateLimit), nameof(options.RecordTimeToLive), nameof(options.RetryDelay), nameof(options.MaxRetryDelay),
            nameof(options.RequestTimeout), nameof(options.ShardRefreshInterval), nameof(options.MaxBufferedTime),
        ];
        Assert.All(named, name => Assert.Contains(faults, fault => fault.StartsWith(name + " ", StringComparison.Ordinal)));
        Assert.Empty(new BrokerProducerOptions { StreamName = "s" }.Faults());
    }

    [Fact]
    public async Task Producers_come_from_the_container_by_name_and_their_options_are_checked()
    {
        await using var services = new ServiceCollection()
            .AddBrokerProducer(options => options.StreamName = "one")
            .AddBrokerProducer("other", options => options.StreamName = "other")
            .AddBrokerProducer("bad", options => options.MaxBatchRecords = 0)
            .BuildServiceProvider();
        Assert.Same(services.GetRequiredService<BrokerProducer>(), services.GetRequiredService<BrokerProducer>());
        Assert.NotSame(services.GetRequiredService<BrokerProducer>(), services.GetRequiredKeyedService<BrokerProducer>("other"));
        Assert.Equal(2, Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<BrokerProducer>("bad")).Failures.Count());
    }
}
