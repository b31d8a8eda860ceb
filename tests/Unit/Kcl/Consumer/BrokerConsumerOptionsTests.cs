using Broker.Kcl.Consumer;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Kcl.Consumer;

public sealed class BrokerConsumerOptionsTests
{
    [Fact]
    public void What_stands_is_sound_once_application_and_stream_are_given()
    {
        Assert.Equal([nameof(BrokerConsumerOptions.ApplicationName), nameof(BrokerConsumerOptions.StreamNames)], Named(new BrokerConsumerOptions()));
        Assert.Empty(new BrokerConsumerOptions { ApplicationName = "billing", StreamNames = ["orders"] }.Faults());
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var options = new BrokerConsumerOptions
        {
            ApplicationName = "b!",
            StreamNames = ["", "orders"],
            WorkerId = "not a worker",
            Endpoints = [new Uri("ftp://somewhere")],
            MaxLeases = -1,
            Capacity = 0,
            FailoverTime = TimeSpan.FromSeconds(1),
            HandOverTime = TimeSpan.FromHours(1),
            IdleTimeBetweenReads = TimeSpan.FromSeconds(-1),
            MaxRecords = 0,
            MaxBufferedBytesPerShard = 0,
            MaxBufferedBytes = 0,
            RetryDelay = TimeSpan.Zero,
            MaxRetryDelay = TimeSpan.FromHours(1),
            ShutdownTimeout = TimeSpan.FromHours(2),
        };
        string[] bounded =
        [
            nameof(options.ApplicationName), nameof(options.StreamNames), nameof(options.WorkerId), nameof(options.Endpoints), nameof(options.MaxLeases),
            nameof(options.Capacity), nameof(options.MaxRecords), nameof(options.MaxBufferedBytesPerShard), nameof(options.MaxBufferedBytes),
            nameof(options.FailoverTime), nameof(options.HandOverTime), nameof(options.IdleTimeBetweenReads), nameof(options.RetryDelay),
            nameof(options.MaxRetryDelay), nameof(options.ShutdownTimeout),
        ];
        Assert.Equal(bounded, Named(options));
        var thrown = Assert.Throws<OptionsValidationException>(() => new BrokerConsumer(options, _ => throw new InvalidOperationException()));
        Assert.Equal(bounded.Length, thrown.Failures.Count());
    }

    [Fact]
    public void Positions_are_ordered_and_read_as_they_are_written()
    {
        RecordPosition[] ordered = [new("9"), new("10", 0), new("10", 7), new("10"), new("11", 2)];
        Assert.Equal(ordered, ordered.Reverse().Order());
        Assert.Equal(ordered, ordered.Select(position => RecordPosition.Parse(position.ToString())));
        Assert.All(["", ":", "1:", "01", "1:-1", "x", "1:2:3"], text => Assert.Throws<FormatException>(() => RecordPosition.Parse(text)));
    }

    private static IEnumerable<string> Named(BrokerConsumerOptions options) => options.Faults().Select(fault => fault.Split(' ')[0]);
}
