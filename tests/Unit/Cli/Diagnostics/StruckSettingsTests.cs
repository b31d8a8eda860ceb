using Broker.Cli.Serve;
using Broker.Cli.Serve.Diagnostics;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Broker.Tests.Unit.Cli.Diagnostics;

public sealed class StruckSettingsTests
{
    [Fact]
    public void No_secret_is_shown_and_what_helps_is()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Broker:Auth:SecretAccessKey"] = "s3cret",
            ["Broker:Auth:SecretAccessKeyFile"] = "/run/secret",
            ["Broker:Tls:Password"] = "s3cret",
            ["Broker:Encryption:Keys"] = "s3cret",
            ["Broker:Postgres:ConnectionString"] = "Host=db;Database=broker;Username=b;Password=s3cret;SSL Password=s3cret;SSL Mode=VerifyFull",
            ["Broker:Postgres:LogDatabases"] = "Host=log1;Password=s3cret | Host=log2;Password=s3cret\nnot a s3cret connection",
            ["Broker:Cluster:ClusterId"] = "c1",
            ["Broker:Cluster:SiloPort"] = "11111",
        }).Build();
        var lines = StruckSettings.Lines(configuration).ToList();
        Assert.DoesNotContain("s3cret", string.Join('\n', lines), StringComparison.Ordinal);
        Assert.Contains("Broker:Auth:SecretAccessKeyFile=/run/secret", lines);
        Assert.Contains("Broker:Auth:SecretAccessKey=(struck out)", lines);
        Assert.Contains("Broker:Cluster:ClusterId=c1", lines);
        Assert.Contains(lines, static line => line.StartsWith("Broker:Postgres:ConnectionString=Host=db;Port=5432;Database=broker;SSL Mode=VerifyFull", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("SiloPort", StringComparison.Ordinal)); // At its default.
    }

    [Fact]
    public void Every_setting_that_may_hold_a_secret_is_struck_out()
    {
        // A new setting that holds one has to be called so, or be added here and there.
        string[] secret = ["Broker:Auth:SecretAccessKey", "Broker:Encryption:Keys", "Broker:Postgres:ConnectionString", "Broker:Postgres:LogDatabases", "Broker:Tls:Password"];
        Assert.Equal(secret, BrokerSettings.All.Keys.Where(static key => StruckSettings.Show(key, "x9") != "x9").Order(StringComparer.Ordinal));
    }
}
