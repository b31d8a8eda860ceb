using System.Diagnostics;
using Broker.Tests.Cluster.Hosting;
using Xunit;
using Xunit.Abstractions;

namespace Broker.Tests.Cluster.Streams;

public sealed class StartUpTests(ITestOutputHelper output)
{
    [Fact]
    public async Task AnEmptySiloIsReadyInAMoment()
    {
        for (var i = 0; i < 3; i++)
        {
            using var directory = new DataDirectory();
            var clock = Stopwatch.StartNew();
            var silo = await SiloFixture.StartAsync(directory.Path, new SealedShards());
            var started = clock.Elapsed;
            Assert.False((await silo.Catalogue.ListAsync(null, 10)).HasMore);
            var answered = clock.Elapsed;
            await silo.DisposeAsync();
            output.WriteLine($"started {started.TotalMilliseconds:F0} ms, first answer {answered.TotalMilliseconds:F0} ms, stopped {clock.Elapsed.TotalMilliseconds:F0} ms");
        }
    }
}
