using System.Text;
using Broker.Cli.Records;
using Xunit;

namespace Broker.Tests.Unit.Cli;

public sealed class KeySelectorTests
{
    [Theory]
    [InlineData("""{"origin":"SAN","delay":32}""", "origin", "SAN")]
    [InlineData("""{"delay":32,"nested":{"origin":"no"},"origin":"SAN"}""", "origin", "SAN")]
    [InlineData("""{"delay":-32.5}""", "delay", "-32.5")]
    [InlineData("""{"late":true}""", "late", "true")]
    [InlineData("""{"name":"K\u00f6ln \"x\""}""", "name", "Köln \"x\"")]
    public void A_field_is_the_key(string line, string field, string key) =>
        Assert.Equal(key, Encoding.UTF8.GetString(KeySelector.Field(field).KeyOf(Encoding.UTF8.GetBytes(line))));

    [Theory]
    [InlineData("""{"delay":32}""", "no field 'origin'")]
    [InlineData("""{"origin":null}""", "neither text")]
    [InlineData("""{"origin":{}}""", "neither text")]
    [InlineData("""{"origin":""}""", "0 characters")]
    [InlineData("""["origin"]""", "not a JSON object")]
    [InlineData("""{"origin" """, "not a JSON object")]
    [InlineData("plain text", "not a JSON object")]
    public void A_line_without_a_key_says_why(string line, string why)
    {
        var selector = KeySelector.Field("origin");
        var error = Assert.Throws<FormatException>(() => selector.KeyOf(Encoding.UTF8.GetBytes(line)));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_is_at_most_256_characters_long()
    {
        var selector = KeySelector.Field("k");
        Assert.Equal(256, selector.KeyOf(Encoding.UTF8.GetBytes($$"""{"k":"{{new string('x', 256)}}"}""")).Length);
        Assert.Throws<FormatException>(() => selector.KeyOf(Encoding.UTF8.GetBytes($$"""{"k":"{{new string('x', 257)}}"}""")));
    }

    [Fact]
    public void Fixed_and_random_keys_need_no_json()
    {
        Assert.Equal("k", Encoding.UTF8.GetString(KeySelector.Fixed("k").KeyOf("anything"u8)));
        var random = KeySelector.Random();
        Assert.NotEqual(Encoding.UTF8.GetString(random.KeyOf("a"u8)), Encoding.UTF8.GetString(random.KeyOf("a"u8)));
    }
}
