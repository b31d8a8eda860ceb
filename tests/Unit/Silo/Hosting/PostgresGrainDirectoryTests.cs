using System.Net;
using System.Net.Sockets;
using Broker.Contracts.Errors;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Storage.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Silo.Hosting;

/// <summary>What callers of grains are told where the directory's database is away.</summary>
public sealed class PostgresGrainDirectoryTests
{
    [Fact]
    public async Task A_database_that_does_not_answer_makes_a_call_unavailable_and_not_an_internal_error()
    {
        // It accepts, by the system's queue, and says nothing.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var options = new PostgresOptions
        {
            ConnectionString = $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Username=nobody;Database=none",
            StatementTimeout = TimeSpan.FromSeconds(1.5),
        };
        await using var database = options.CreateDataSource();
        var directory = new PostgresGrainDirectory(database, options, "c", TimeProvider.System);
        var grain = GrainId.Create("shard", "1/0");
        var looked = await Assert.ThrowsAsync<BrokerException>(() => directory.Lookup(grain));
        Assert.Equal(BrokerErrorCode.Unavailable, looked.Code);
        var address = new GrainAddress { GrainId = grain, ActivationId = ActivationId.NewId(), SiloAddress = SiloAddress.New(IPAddress.Loopback, 11111, 1) };
        var registered = await Assert.ThrowsAsync<BrokerException>(() => directory.Register(address));
        Assert.Equal(BrokerErrorCode.Unavailable, registered.Code);
    }
}
