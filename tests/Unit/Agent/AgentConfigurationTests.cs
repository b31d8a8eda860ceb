using System.Text.RegularExpressions;
using Broker.Agent.Configuration;
using Broker.Agent.Tailing;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>The configuration file: what AWS's agent understands, what is said of what is wrong, and docs/agent.md.</summary>
public sealed partial class AgentConfigurationTests
{
    private const string Flow = """{ "filePattern": "/tmp/app.log*", "kinesisStream": "s" }""";

    [Fact]
    public void A_configuration_of_AWSs_agent_is_understood()
    {
        var configuration = AgentConfiguration.Parse("""
            {
              // Where to.
              "kinesis.endpoint": "http://a:1, https://b",
              "cloudwatch.emitMetrics": true,
              "awsAccessKeyId": "id",
              "awsSecretAccessKey": "secret",
              "kinesis.region": "eu-west-1",
              "checkpointFile": "/tmp/c",
              "flows": [
                {
                  "filePattern": "/tmp/a/*.log,/tmp/b/{x,y}.log",
                  "kinesisStream": "s",
                  "initialPosition": "START_OF_FILE",
                  "partitionKeyOption": "DETERMINISTIC",
                  "maxBufferAgeMillis": "2000",
                  "maxBufferSizeRecords": 20,
                  "multiLineStartPattern": "\\[",
                  "dataProcessingOptions": [ { "optionName": "SINGLELINE" }, { "optionName": "CSVTOJSON", "customFieldNames": [ "a" ], "delimiter": "\\t" } ],
                },
              ],
            }
            """);
        Assert.Equal(["http://a:1/", "https://b/"], configuration.Endpoints.Select(endpoint => endpoint.ToString()));
        Assert.Equal("id in eu-west-1", configuration.Credentials!.ToString());
        Assert.Equal("/tmp/c", configuration.CheckpointFile);
        Assert.Equal(["cloudwatch.emitMetrics has no effect: metrics go to OpenTelemetry."], configuration.Warnings);
        var flow = Assert.Single(configuration.Flows);
        Assert.Equal(["/tmp/a/*.log", "/tmp/b/{x,y}.log"], flow.Patterns.Select(pattern => pattern.ToString()));
        Assert.Equal((PartitionKeyOption.Deterministic, InitialPosition.StartOfFile), (flow.PartitionKey, flow.Tail.InitialPosition));
        Assert.Equal((TimeSpan.FromSeconds(2), 20), (flow.MaxBufferAge, flow.MaxBufferRecords));
        Assert.NotNull(flow.Converter);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        var faults = Assert.Throws<AgentConfigurationException>(() => AgentConfiguration.Parse("""
            {
              "kinesis.endpoint": "ftp://x", "awsAccessKeyId": "id", "shutdownTimeoutMillis": "soon", "assumeRoleARN": "arn",
              "flows": [
                { "deliveryStream": "d", "filePattern": "/a/" },
                { "kinesisStream": "s", "initialPosition": "MIDDLE", "maxBufferSizeRecords": 501, "multiLineStartPattern": "(", "fileFooterPattern": "x" },
                { "kinesisStream": "fl ights", "filePattern": "/a/[", "dataProcessingOptions": [
                  { "optionName": "ADDEC2METADATA" }, { "optionName": "X" }, { "optionName": "CSVTOJSON" },
                  { "optionName": "LOGTOJSON", "logFormat": "SYSLOG", "matchPattern": "(a)(b)" },
                  { "optionName": "LOGTOJSON", "logFormat": "SYSLOG", "customFieldNames": [ "one" ] } ] } ]
            }
            """)).Faults;
        Assert.Equal(
            [
                "awsAccessKeyId", "flows[0].deliveryStream", "flows[0].filePattern:", "flows[1].fileFooterPattern", "flows[1].filePattern",
                "flows[1].initialPosition", "flows[1].maxBufferSizeRecords", "flows[1].multiLineStartPattern:",
                "flows[2].dataProcessingOptions[0].optionName", "flows[2].dataProcessingOptions[1].optionName",
                "flows[2].dataProcessingOptions[2].customFieldNames", "flows[2].dataProcessingOptions[3].customFieldNames",
                "flows[2].dataProcessingOptions[4].customFieldNames", "flows[2].filePattern:", "flows[2].kinesisStream:", "assumeRoleARN", "kinesis.endpoint:", "shutdownTimeoutMillis",
            ],
            faults.Select(fault => fault.Split(' ')[0]).Order(StringComparer.Ordinal).OrderBy(name => name.StartsWith("flows", StringComparison.Ordinal) || name == "awsAccessKeyId" ? 0 : 1));
        Assert.Contains("flows[1].maxBufferSizeRecords is '501': it must be 1 to 500.", faults);
        Assert.Contains("flows[0].deliveryStream is refused: there is no Firehose yet: give kinesisStream.", faults);
    }

    [Fact]
    public void What_is_not_known_is_told_by_name()
    {
        var warnings = AgentConfiguration.Parse($$"""{ "checkpointFil": "x", "flows": [ {{Flow[..^1]}}, "maxBufferAge": 1, "maxBufferAgeMillis": 70000 } ] }""").Warnings;
        Assert.Equal(
            [
                "flows[0].maxBufferAgeMillis is above 60000: records wait for 60 s at most.",
                "flows[0].maxBufferAge is not known and has no effect.",
                "checkpointFil is not known and has no effect.",
            ],
            warnings);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{ "flows": {} }""")]
    [InlineData("""{ "flows": [ { "filePattern": "/a", "kinesisStream": "s" }, { "filePattern": "/a", "kinesisStream": "s" } ] }""")]
    public void What_is_no_configuration_is_refused(string json) => Assert.Throws<AgentConfigurationException>(() => AgentConfiguration.Parse(json));

    [Fact]
    public void Every_setting_is_documented_with_its_default_and_nothing_else_is()
    {
        var documented = File.ReadLines(Path.Combine(ArchitectureTests.Root, "docs", "agent.md"))
            .Select(line => Row().Match(line)).Where(row => row.Success).Select(row => (row.Groups[1].Value, row.Groups[2].Value)).ToList();
        var settings = AgentSettings.OfAgent.Concat(AgentSettings.OfFlow).Select(setting => (setting.Name, setting.DefaultText.Replace("\n", "\\n", StringComparison.Ordinal)));
        Assert.Equal(settings.OrderBy(setting => setting.Name, StringComparer.Ordinal), documented.OrderBy(setting => setting.Item1, StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| `([\w.]+)` \| `([^`]*)` \|", RegexOptions.CultureInvariant)]
    private static partial Regex Row();
}
