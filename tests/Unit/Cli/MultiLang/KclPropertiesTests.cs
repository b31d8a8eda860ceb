using Broker.Cli;
using Broker.Cli.MultiLang;
using Broker.Kcl.Consumer;
using Xunit;

namespace Broker.Tests.Unit.Cli.MultiLang;

public sealed class KclPropertiesTests
{
    [Fact]
    public void Java_s_properties_are_read_with_their_comments_separators_continuations_and_escapes()
    {
        var read = PropertiesFile.Parse("# no\n ! no\n\na = 1\nb:2\n\tc 3\nlong = one, \\\n   two\nkey\\ with\\=signs = x\\ty\\u00e9\\\\\r\nempty\na=4\n");
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["a"] = "4",
                ["b"] = "2",
                ["c"] = "3",
                ["long"] = "one, two",
                ["key with=signs"] = "x\ty\u00e9\\",
                ["empty"] = "",
            },
            read);
    }

    [Fact]
    public void What_matters_is_taken_and_the_rest_is_named()
    {
        var properties = KclProperties.Of(
            PropertiesFile.Parse("""
                executableName = node  processor.js --quiet
                streamArn = arn:aws:kinesis:us-east-1:000000000000:stream/orders
                applicationName = billing
                workerId = one
                AWSCredentialsProvider = DefaultCredentialsProvider
                initialPositionInStream = TRIM_HORIZON
                maxRecords = 100
                idleTimeBetweenReadsInMillis = 250
                failoverTimeMillis = 5000
                retrievalMode = POLLING
                callProcessRecordsEvenForEmptyRecordList = true
                maxLeasesForWorker = 7
                shutdownGraceMillis = 3000
                timeoutInSeconds = 9
                kinesisEndpoint = http://127.0.0.1:4567
                kinesisClient.httpClient = whatever
                gracefulLeaseHandoffConfig.gracefulLeaseHandoffTimeoutMillis = 15000
                shardSynchInterval = 3
                """),
            "kcl.properties");
        Assert.Equal(["node", "processor.js", "--quiet"], properties.Command);
        Assert.Equal((new Uri("http://127.0.0.1:4567"), TimeSpan.FromSeconds(9)), (properties.Endpoint, properties.Timeout));
        var options = properties.Options;
        Assert.Equal(("billing", "orders", "one", InitialPosition.TrimHorizon), (options.ApplicationName, options.StreamNames.Single(), options.WorkerId, options.InitialPosition));
        Assert.Equal((100, 7, RetrievalMode.Polling, true), (options.MaxRecords, options.MaxLeases, options.Retrieval, options.ProcessEmptyBatches));
        Assert.Equal(
            (TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(3)),
            (options.IdleTimeBetweenReads, options.FailoverTime, options.HandOverTime, options.ShutdownTimeout));
        Assert.Equal(3, properties.Notes.Count);
        Assert.StartsWith("AWSCredentialsProvider is of no matter", properties.Notes[0], StringComparison.Ordinal);
        Assert.StartsWith("kinesisClient.httpClient is of no matter", properties.Notes[1], StringComparison.Ordinal);
        Assert.StartsWith("shardSynchInterval is not known", properties.Notes[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_time_can_be_where_an_application_begins()
    {
        var properties = KclProperties.Of(
            PropertiesFile.Parse("executableName=x\nstreamName=s\napplicationName=app\ninitialPositionInStreamExtended=1700000000"), "kcl.properties");
        Assert.Equal("AT_TIMESTAMP 2023-11-14T22:13:20.0000000+00:00", properties.Options.InitialPosition.ToString());
    }

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var failure = Assert.Throws<CommandException>(() => KclProperties.Of(
            PropertiesFile.Parse("initialPositionInStream = SOMEWHERE\nmaxRecords = many\nfailoverTimeMillis = 5\nkinesisEndpoint = kinesis"), "kcl.properties"));
        Assert.Equal(ExitCode.Usage, failure.ExitCode);
        Assert.All(
            ["kcl.properties:", "executableName is missing", "streamName or streamArn", "SOMEWHERE", "maxRecords is 'many'", "failoverTimeMillis is '5'", "kinesisEndpoint is 'kinesis'", "ApplicationName"],
            text => Assert.Contains(text, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_message_is_none()
    {
        Assert.All(["", "hello", "{", "[]", "{\"action\":\"dance\"}", "{\"action\":3}"], line => Assert.Null(ChildMessage.Parse(line)));
        Assert.Equal(new ChildMessage("status", "initialize", null, null), ChildMessage.Parse("""{"action":"status","responseFor":"initialize"}"""));
        Assert.Equal(new ChildMessage("checkpoint", null, "17", 3), ChildMessage.Parse("""{"action":"checkpoint","sequenceNumber":"17","subSequenceNumber":3}"""));
        Assert.Equal(new ChildMessage("checkpoint", null, null, null), ChildMessage.Parse("""{"action":"checkpoint","sequenceNumber":null}"""));
    }
}
