using System.Text;
using System.Text.Json;
using Broker.Agent.Configuration;
using Broker.Agent.Flows;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Agent;

/// <summary>dataProcessingOptions, as a configuration has them.</summary>
public sealed class RecordConverterTests
{
    private const string Access = """10.1.2.3 - ann [27/Oct/2026:09:27:09 -0400] "GET /a?b=\"c\" HTTP/1.1" 200 10450""";

    [Theory]
    [InlineData("""{ "optionName": "SINGLELINE" }""", "{\n  \"a\": 1,\n\t\"b\": 2\n}\n", "{\"a\": 1,\"b\": 2}\n")]
    [InlineData("""{ "optionName": "SINGLELINE", "parseOptions": [ "NO_TRIM" ] }""", "a \n b\n", "a  b\n")]
    [InlineData("""{ "optionName": "SINGLELINE", "parseOptions": [ "ESCAPE_NEW_LINE" ] }""", "a \n b\n\n", "a\\\\nb\n")]
    [InlineData("""{ "optionName": "CSVTOJSON", "customFieldNames": [ "x", "y", "z" ] }""", "1, 2,drei ü\n", """{"x":"1","y":" 2","z":"drei ü"}""" + "\n")]
    [InlineData("""{ "optionName": "CSVTOJSON", "customFieldNames": [ "x", "y", "z" ] }""", "1,,\n", """{"x":"1","y":null,"z":null}""" + "\n")]
    [InlineData("""{ "optionName": "CSVTOJSON", "customFieldNames": [ "x", "y" ] }""", ",b,c\n", """{"x":"","y":"b"}""" + "\n")]
    [InlineData("""{ "optionName": "CSVTOJSON", "customFieldNames": [ "x", "y" ], "delimiter": "\\t" }""", "1\t2", """{"x":"1","y":"2"}""" + "\n")]
    [InlineData("""{ "optionName": "CSVTOJSON", "customFieldNames": [ "x" ], "jsonFormat": "PRETTYPRINT" }""", "1\n", "{\n  \"x\": \"1\"\n}\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG" }""", Access + " \"-\" \"curl\"\n",
        """{"host":"10.1.2.3","ident":null,"authuser":"ann","datetime":"27/Oct/2026:09:27:09 -0400","request":"GET /a?b=\\\"c\\\" HTTP/1.1","response":"200","bytes":"10450"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "COMBINEDAPACHELOG" }""", Access + " \"-\" \"curl/8 (x)\" more",
        """{"host":"10.1.2.3","ident":null,"authuser":"ann","datetime":"27/Oct/2026:09:27:09 -0400","request":"GET /a?b=\\\"c\\\" HTTP/1.1","response":"200","bytes":"10450","referer":null,"agent":"curl/8 (x)"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "COMBINEDAPACHELOG" }""", Access, null)]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "APACHEERRORLOG" }""", "[Fri Sep 09 10:42:29.902022 2026] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187:80] No file: /x\n",
        """{"timestamp":"Fri Sep 09 10:42:29.902022 2026","module":"core","severity":"error","processid":"35708","threadid":"4328636416","client":"72.15.99.187:80","message":"No file: /x"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "APACHEERRORLOG" }""", "[Fri Sep 09 10:42:29 2026] [notice] [pid 1] started\n",
        """{"timestamp":"Fri Sep 09 10:42:29 2026","module":null,"severity":"notice","processid":"1","threadid":null,"client":null,"message":"started"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "SYSLOG" }""", "Mar  2 12:00:08 host2 cron[308]: (root) CMD (x)\n",
        """{"timestamp":"Mar  2 12:00:08","hostname":"host2","program":"cron","processid":"308","message":"(root) CMD (x)"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "SYSLOG" }""", "Mar 12 12:00:08 <3.6> host2 snort: - \n",
        """{"timestamp":"Mar 12 12:00:08","hostname":"host2","program":"snort","processid":null,"message":"- "}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "SYSLOG" }""", "what?\n", null)]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "RFC3339SYSLOG" }""", "2026-03-12T12:00:08.5+01:00 h sshd[7]: ok\n",
        """{"timestamp":"2026-03-12T12:00:08.5+01:00","hostname":"h","program":"sshd","processid":"7","message":"ok"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "SYSLOG", "matchPattern": "(\\d+) (?<why>\\w+)(?: (\\w+))?", "customFieldNames": [ "a", "b", "c" ] }""", "12 no\n",
        """{"a":"12","b":"no","c":null}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "COMMONAPACHELOG", "matchPattern": "(\\S+) (\\S+)", "customFieldNames": [ "a", "b" ] }""", "x y and more\n", null)]
    [InlineData("""{ "optionName": "ADDMETADATA", "metadata": { "k": { "n": 1 } } }""", "line\n", """{"metadata":{"k":{"n":1}},"data":"line"}""" + "\n")]
    [InlineData("""{ "optionName": "ADDMETADATA", "timestamp": "true" }""", "<é>\n", """{"ts":"2026-11-23T01:02:03.004Z","metadata":null,"data":"<é>"}""" + "\n")]
    [InlineData("""{ "optionName": "ADDBRACKETS" }""", "\"a\":1\n", "{\"a\":1\n}")]
    [InlineData("""{ "optionName": "SINGLELINE" }, { "optionName": "ADDMETADATA", "metadata": 1 }""", "a\n b\n", """{"metadata":1,"data":"ab"}""" + "\n")]
    [InlineData("""{ "optionName": "LOGTOJSON", "logFormat": "SYSLOG" }, { "optionName": "ADDBRACKETS" }""", "what?\n", null)]
    public void Options_make_of_a_record(string options, string record, string? expected)
    {
        var shaping = new RecordShaping(FlowOf($$""" "dataProcessingOptions": [ {{options}} ] """));
        var isSent = shaping.TryConvert(Encoding.UTF8.GetBytes(record), out var data, out var fault);
        Assert.Null(fault);
        Assert.Equal(expected, isSent ? Encoding.UTF8.GetString(data.Span) : null);
    }

    [Fact]
    public void A_record_whose_matching_takes_too_long_is_sent_as_it_is()
    {
        var shaping = new RecordShaping(FlowOf(
            """ "dataProcessingOptions": [ { "optionName": "LOGTOJSON", "logFormat": "SYSLOG", "matchPattern": "(a+)+b", "customFieldNames": [ "x" ] } ] """));
        var record = Encoding.UTF8.GetBytes(new string('a', 60));
        Assert.True(shaping.TryConvert(record, out var data, out var fault));
        Assert.NotNull(fault);
        Assert.Equal(record, data.ToArray());
    }

    [Fact]
    public void A_record_that_is_too_long_ends_in_the_terminator_and_tears_no_character()
    {
        var shaping = new RecordShaping(FlowOf(""" "truncatedRecordTerminator": "...\n" """));
        ReadOnlyMemory<byte> data = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ü", 600_000)));
        Assert.True(shaping.TryCut("key", ref data));
        Assert.InRange(data.Length, RecordShaping.MaxRecordBytes - 4, RecordShaping.MaxRecordBytes - 3);
        var text = Encoding.UTF8.GetString(data.Span);
        Assert.EndsWith("ü...\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('�', text);
        var whole = data[..100];
        Assert.False(shaping.TryCut("key", ref whole));
        Assert.Equal(100, whole.Length);
    }

    [Fact]
    public void A_partition_key_is_chance_or_the_records_MD5()
    {
        var record = "line\n"u8.ToArray();
        var deterministic = new RecordShaping(FlowOf(""" "partitionKeyOption": "DETERMINISTIC" """));
        Assert.Equal("6438c669e0d0de98e6929c2cc0fac474", new RecordShaping(FlowOf(""" "partitionKeyOption": "DETERMINISTIC" """)).KeyOf("line"u8.ToArray()));
        Assert.Equal(deterministic.KeyOf(record), deterministic.KeyOf(record));
        var random = new RecordShaping(FlowOf(""" "partitionKeyOption": "RANDOM" """));
        Assert.NotEqual(random.KeyOf(record), random.KeyOf(record));
    }

    private static FlowConfiguration FlowOf(string members)
    {
        var json = $$"""{ "flows": [ { "filePattern": "/tmp/x", "kinesisStream": "s", {{members}} } ] }""";
        Assert.NotNull(JsonDocument.Parse(json));
        return AgentConfiguration.Parse(json, new FakeTimeProvider(new DateTimeOffset(2026, 11, 23, 1, 2, 3, 4, TimeSpan.Zero))).Flows[0];
    }
}
