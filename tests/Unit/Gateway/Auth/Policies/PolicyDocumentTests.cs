using System.Net;
using Broker.Gateway.Auth.Policies;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth.Policies;

/// <summary>IAM's policy language: what is decided, and that nothing that is not understood is passed over.</summary>
public sealed class PolicyDocumentTests
{
    private const string Stream = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
    private const string Alice = "arn:aws:iam::000000000000:user/alice";

    private static readonly PolicyRequest Request = new(
        "000000000000", Alice, "kinesis:PutRecord", Stream, IPAddress.Parse("10.1.2.3"), true, new DateTimeOffset(2030, 6, 1, 0, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*"}""", PolicyDecision.Allow)]
    [InlineData("""{"Effect":"Allow","Action":"kinesis:putrecord","Resource":"*"}""", PolicyDecision.Allow)]
    [InlineData("""{"Effect":"Allow","Action":["kinesis:Get*","kinesis:Put*"],"Resource":["arn:aws:kinesis:*:*:stream/orders"]}""", PolicyDecision.Allow)]
    [InlineData("""{"Effect":"Allow","Action":"kinesis:PutRecor?","Resource":"*"}""", PolicyDecision.Allow)]
    [InlineData("""{"Effect":"Allow","Action":"kinesis:PutRecor","Resource":"*"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"kinesis:PutRecord?","Resource":"*"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"arn:aws:kinesis:us-east-1:000000000000:stream/Orders"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"arn:aws:kinesis:us-east-1:000000000000:stream/order"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","NotAction":"kinesis:Delete*","Resource":"*"}""", PolicyDecision.Allow)]
    [InlineData("""{"Effect":"Allow","NotAction":"kinesis:Put*","Resource":"*"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"*","NotResource":"arn:*:stream/orders"}""", PolicyDecision.None)]
    [InlineData("""{"Effect":"Allow","Action":"*","NotResource":"arn:*:stream/other"}""", PolicyDecision.Allow)]
    [InlineData("""[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"kinesis:Put*","Resource":"*"}]""", PolicyDecision.Deny)]
    [InlineData("""[{"Effect":"Deny","Action":"kinesis:Get*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]""", PolicyDecision.Allow)]
    [InlineData("[]", PolicyDecision.None)]
    public void Statements_decide(string statement, PolicyDecision expected) => Assert.Equal(expected, Decide(statement, PolicyKind.Identity));

    [Theory]
    [InlineData("""{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/alice"}}""", true)]
    [InlineData("""{"StringEquals":{"AWS:principalarn":["x","arn:aws:iam::000000000000:user/alice"]}}""", true)]
    [InlineData("""{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/*"}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:PrincipalArn":["x","arn:aws:iam::000000000000:user/alice"]}}""", false)]
    [InlineData("""{"StringNotEquals":{"aws:PrincipalArn":["x","y"]}}""", true)]
    [InlineData("""{"StringEqualsIgnoreCase":{"aws:username":"ALICE"}}""", true)]
    [InlineData("""{"StringLike":{"aws:PrincipalArn":"*user/al?ce"}}""", true)]
    [InlineData("""{"StringNotLike":{"aws:PrincipalArn":"*user/al?ce"}}""", false)]
    [InlineData("""{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}""", true)]
    [InlineData("""{"ArnLike":{"aws:PrincipalArn":"arn:*:user/alice"}}""", false)]
    [InlineData("""{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:PrincipalAccount":"000000000000"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":"true"}}""", true)]
    [InlineData("""{"Bool":{"aws:SecureTransport":false}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":["192.168.0.0/16","10.1.2.3"]}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.2.4/31"}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.2.9/29"}}""", false)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"10.1.2.7/29"}}""", true)]
    [InlineData("""{"IpAddress":{"aws:SourceIp":"::/0"}}""", false)]
    [InlineData("""{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}""", false)]
    [InlineData("""{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}""", true)]
    [InlineData("""{"DateGreaterThan":{"aws:CurrentTime":"2030-06-01T00:00:00Z"}}""", false)]
    [InlineData("""{"DateGreaterThanEquals":{"aws:CurrentTime":"2030-06-01T00:00:00Z"}}""", true)]
    [InlineData("""{"DateLessThanEquals":{"aws:EpochTime":1906502400}}""", true)]
    [InlineData("""{"DateNotEquals":{"aws:CurrentTime":"2030-06-01T00:00:00Z"}}""", false)]
    [InlineData("""{"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"192.168.0.0/16"}}""", false)]
    [InlineData("""{"StringEquals":{"aws:PrincipalAccount":"000000000000","aws:username":"bob"}}""", false)]
    public void Conditions_decide(string condition, bool holds)
    {
        var statement = $$$"""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{{condition}}} }""";
        Assert.Equal(holds ? PolicyDecision.Allow : PolicyDecision.None, Decide(statement, PolicyKind.Identity));
    }

    [Theory]
    [InlineData("IpAddress", false)]
    [InlineData("IpAddressIfExists", true)]
    [InlineData("NotIpAddress", true)]
    public void A_key_that_a_request_does_not_have(string operation, bool holds)
    {
        var policy = Parse($$"""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"{{operation}}":{"aws:SourceIp":"10.0.0.0/8"} } }""", PolicyKind.Identity);
        Assert.Equal(holds ? PolicyDecision.Allow : PolicyDecision.None, policy.Evaluate(Request with { SourceAddress = null }));
    }

    [Theory]
    [InlineData("""
        "Principal":"*"
        """, PolicyDecision.Allow)]
    [InlineData("""
        "Principal":{"AWS":"*"}
        """, PolicyDecision.Allow)]
    [InlineData("""
        "Principal":{"AWS":["arn:aws:iam::000000000000:user/bob","arn:aws:iam::000000000000:user/alice"]}
        """, PolicyDecision.Allow)]
    [InlineData("""
        "Principal":{"AWS":"arn:aws:iam::000000000000:user/bob"}
        """, PolicyDecision.None)]
    [InlineData("""
        "Principal":{"AWS":"000000000000"}
        """, PolicyDecision.AllowAccount)]
    [InlineData("""
        "Principal":{"AWS":"arn:aws:iam::000000000000:root"}
        """, PolicyDecision.AllowAccount)]
    [InlineData("""
        "Principal":{"AWS":"111111111111"}
        """, PolicyDecision.None)]
    [InlineData("""
        "Principal":{"Service":"firehose.amazonaws.com"}
        """, PolicyDecision.None)]
    [InlineData("""
        "NotPrincipal":{"AWS":"arn:aws:iam::000000000000:user/bob"}
        """, PolicyDecision.Allow)]
    [InlineData("""
        "NotPrincipal":{"AWS":"arn:aws:iam::000000000000:user/alice"}
        """, PolicyDecision.None)]
    public void Principals_decide(string principal, PolicyDecision expected) =>
        Assert.Equal(expected, Decide($$"""{"Effect":"Allow",{{principal}},"Action":"*","Resource":"*"}""", PolicyKind.Resource));

    [Theory]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NumericEquals":{"aws:EpochTime":"1"}}}""", "the operator 'NumericEquals' is not understood")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:PrincipalArn":"1"}}}""", "is not understood")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"x"}}}""", "the condition key 'aws:PrincipalTag/team' is not understood")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceIp":"10.0.0.1"}}}""", "cannot look at aws:SourceIp")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalAccount":"x"}}}""", "cannot look at aws:PrincipalAccount")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}}""", "must be an IP address")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"yes"}}}""", "must be true or false")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}}""", "must be a time")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"arn:aws:kinesis:*:*:stream/${aws:username}"}""", "policy variables are not understood")]
    [InlineData("""{"Effect":"allow","Action":"*","Resource":"*"}""", "Effect must be Allow or Deny")]
    [InlineData("""{"Effect":"Allow","Resource":"*"}""", "exactly one of Action and NotAction")]
    [InlineData("""{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}""", "exactly one of Action and NotAction")]
    [InlineData("""{"Effect":"Allow","Action":"*"}""", "exactly one of Resource and NotResource")]
    [InlineData("""{"Effect":"Allow","Action":[],"Resource":"*"}""", "is empty")]
    [InlineData("""{"Effect":"Allow","Action":{"a":1},"Resource":"*"}""", "must be a string or a list of strings")]
    [InlineData("""{"Effect":"Allow","Action":"PutRecord","Resource":"*"}""", "has the action 'PutRecord'")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"orders"}""", "has the resource 'orders'")]
    [InlineData("""{"Effect":"Allow","Action":"*","Resource":"*","Sometimes":1}""", "has the element 'Sometimes'")]
    [InlineData("""{"Effect":"Allow","Effect":"Deny","Action":"*","Resource":"*"}""", "not well-formed")]
    [InlineData("""{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}""", "names a principal")]
    [InlineData("7", "must be an object")]
    public void What_is_not_understood_is_refused(string statement, string fault) => Refuses($$"""{"Version":"2012-10-17","Statement":{{statement}} }""", PolicyKind.Identity, fault);

    [Theory]
    [InlineData("""{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}""", "exactly one of Principal and NotPrincipal")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"*","Resource":"*"}}""", "principals of the kind 'Federated'")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::*:user/x"},"Action":"*","Resource":"*"}}""", "has the principal")]
    [InlineData("""{"Statement":{"Effect":"Allow","Principal":"everyone","Action":"*","Resource":"*"}}""", "a principal must be")]
    [InlineData("""{"Version":"2020-01-01","Statement":[]}""", "Version is")]
    [InlineData("""{"Version":"2012-10-17"}""", "has no Statement")]
    [InlineData("{", "not well-formed")]
    [InlineData("[]", "must be an object")]
    public void So_are_resource_policies(string policy, string fault) => Refuses(policy, PolicyKind.Resource, fault);

    [Fact]
    public void A_policy_has_a_greatest_length() => Refuses(new string(' ', PolicyDocument.MaxLength + 1), PolicyKind.Resource, "at most 20480");

    [Theory]
    [InlineData("", "", true)]
    [InlineData("*", "", true)]
    [InlineData("?", "", false)]
    [InlineData("a*b*c", "a-b-b-c", true)]
    [InlineData("a*b*c", "a-c-b", false)]
    [InlineData("*a", "aaab", false)]
    [InlineData("a**", "a", true)]
    [InlineData("a*", "*", false)]
    [InlineData("*", "*", true)]
    [InlineData("stream/*", "*", false)]
    public void Wildcards(string pattern, string text, bool matches) => Assert.Equal(matches, Wildcard.Matches(pattern, text));

    [Fact]
    public void A_pattern_of_stars_takes_no_longer_than_pattern_times_text() =>
        Assert.False(Wildcard.Matches(string.Concat(Enumerable.Repeat("*a", 1_000)) + "b", new string('a', 10_000)));

    private static PolicyDecision Decide(string statement, PolicyKind kind) => Parse(statement, kind).Evaluate(Request);

    private static PolicyDocument Parse(string statement, PolicyKind kind)
    {
        Assert.True(PolicyDocument.TryParse($$"""{"Version":"2012-10-17","Id":"x","Statement":{{statement}} }""", kind, out var policy, out var fault), fault);
        return policy;
    }

    private static void Refuses(string policy, PolicyKind kind, string expected)
    {
        Assert.False(PolicyDocument.TryParse(policy, kind, out _, out var fault));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }
}
