using Broker.Cli;
using Broker.Cli.Apply;
using Broker.V1;
using Xunit;

namespace Broker.Tests.Unit.Cli.Apply;

public sealed class StreamsFileTests
{
    [Fact]
    public void Everything_that_a_stream_can_say_is_read()
    {
        var specs = Read("""
            streams:
              - name: orders
                mode: PROVISIONED
                shards: 4
                retentionHours: 48
                maxRecordSizeKiB: 2048
                distribution: AUTO
                encryption: alias/aws/kinesis
                tags:
                  team: sales
                  empty:
                consumers: [billing, audit]
              - name: clicks
                warmThroughputMiBps: 8
                encryption: none
            """);
        var (orders, clicks) = (specs[0], specs[1]);
        Assert.Equal((StreamMode.Provisioned, 4, 48, 2048), (orders.Mode, orders.Shards, orders.RetentionHours, orders.MaxRecordSizeKiB));
        Assert.Equal((RecordDistributionStrategy.Auto, "alias/aws/kinesis"), (orders.Distribution, orders.Encryption));
        Assert.Equal(new Dictionary<string, string> { ["team"] = "sales", ["empty"] = "" }, orders.Tags);
        Assert.Equal(["billing", "audit"], orders.Consumers);
        Assert.Equal(("clicks", null, 8, ""), (clicks.Name, clicks.Mode, clicks.WarmThroughputMiBps, clicks.Encryption));
        Assert.Null(clicks.Tags);
        Assert.Null(clicks.Consumers);
    }

    [Fact]
    public void All_faults_are_told_at_once_each_with_its_line()
    {
        var fault = Assert.Throws<CommandException>(() => Read("""
            streams:
              - name: a b
                shards: many
              - mode: SOMETIMES
              - name: s
                retentionHours: 0
                colour: red
                tags: [x]
                consumers: [c, c]
              - name: s
                mode: PROVISIONED
                warmThroughputMiBps: 1
            """));
        Assert.Equal(ExitCode.Usage, fault.ExitCode);
        string[] expected =
            [
                "s.yaml:2: name is 'a b'", "s.yaml:3: shards is 'many'", "s.yaml:4: a stream has no name", "s.yaml:7: 'colour' is not known",
                "s.yaml:6: retentionHours is '0'", "s.yaml:8: tags must", "s.yaml:9: consumer 'c' is there twice", "s.yaml:10: name is 's', which",
                "s.yaml:12: warmThroughputMiBps goes",
            ];
        Assert.Equal(expected, fault.Message.Split("\nbroker: ").Select((line, i) => line[..Math.Min(line.Length, expected[Math.Min(i, expected.Length - 1)].Length)]));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("streams: [", "is no YAML")]
    [InlineData("- a", "the document must be a mapping with streams")]
    [InlineData("streams: 3", "s.yaml:1: streams must be a list")]
    [InlineData("{}", "streams must be a list")]
    [InlineData("streams: [3]", "a stream must be a mapping")]
    public void What_is_no_file_of_streams_is_told(string text, string fault) =>
        Assert.Contains(fault, Assert.Throws<CommandException>(() => Read(text)).Message, StringComparison.Ordinal);

    private static IReadOnlyList<StreamSpec> Read(string text)
    {
        using var reader = new StringReader(text);
        return StreamsFile.Read("s.yaml", reader);
    }
}
