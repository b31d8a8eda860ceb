using System.Text.Json;
using Broker.Cli.Bench;
using Xunit;

namespace Broker.Tests.Unit.Cli.Bench;

public sealed class FlightEventsTests
{
    [Fact]
    public void A_record_of_any_size_is_JSON_of_exactly_that_size()
    {
        var random = new Random(1);
        for (var bytes = 16; bytes < 3_000; bytes++)
        {
            var record = FlightEvents.Record(bytes, random);
            Assert.Equal(bytes, record.Length);
            using var json = JsonDocument.Parse(record);
            if (bytes < 1_000)
            {
                continue;
            }

            var flights = json.RootElement.GetProperty("flights");
            Assert.InRange(flights.GetArrayLength(), bytes / 100, bytes / 80);
            Assert.All(flights.EnumerateArray(), static flight => Assert.Equal(
                ["date", "delay", "distance", "origin", "destination"], flight.EnumerateObject().Select(static member => member.Name)));
        }
    }
}
