using Broker.Contracts.Errors;
using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Leases;

/// <summary>What gateways and lease tables tell each other goes between processes whole.</summary>
public sealed class LeaseMessageTests
{
    private static readonly ShardKey Shard = new(new StreamGeneration(42), new ShardId(7));

    [Fact]
    public void Leases_that_are_told_come_as_they_went()
    {
        var lease = new HeldLease(
            Shard, "orders", 3, LeaseCheckpoint.At(new SequenceNumber(1_790_000_000, 7, 12, 1_790_000_099), 5), LeaseCheckpoint.ShardEnd, [new ShardId(1)], TimeSpan.FromSeconds(4));
        var told = Sent(new WorkerLeases(BrokerErrorCode.None, 8, [lease], TimeSpan.FromSeconds(10)));
        Assert.Equal((8, TimeSpan.FromSeconds(10)), (told.Version, told.FailoverTime));
        var received = Assert.Single(told.Leases);
        Assert.Equal(lease.Parents.AsEnumerable(), received.Parents);
        Assert.Equal(lease with { Parents = received.Parents }, received);
    }

    [Fact]
    public void Leases_that_are_known_are_left_out() =>
        Assert.True(Sent(new WorkerLeases(BrokerErrorCode.None, 8, default, TimeSpan.FromSeconds(10))).Leases.IsDefault);

    [Fact]
    public void Reports_and_joins_come_as_they_went()
    {
        var report = new WorkerReport("w", Guid.NewGuid(), TimeSpan.FromSeconds(1), -1, 12.5, [new LeaseRate(Shard, 7.5)]);
        var received = Sent(report);
        Assert.Equal(report.Rates.AsEnumerable(), received.Rates);
        Assert.Equal(report with { Rates = received.Rates }, received);
        var join = new JoinCommand("w", Guid.NewGuid(), ["a", "b"], LeaseCheckpoint.AtTimestamp(77), 3, 1.5, TimeSpan.FromSeconds(2), null);
        var joined = Sent(join);
        Assert.Equal(join.Streams.AsEnumerable(), joined.Streams);
        Assert.Equal(join with { Streams = joined.Streams }, joined);
    }

    private static T Sent<T>(T value)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }
}
