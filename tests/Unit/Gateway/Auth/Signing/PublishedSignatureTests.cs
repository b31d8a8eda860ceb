using System.Security.Cryptography;
using Broker.Gateway.Auth.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth.Signing;

/// <summary>The values that AWS publishes for Signature Version 4: its test suite, and the example of its documentation.</summary>
public sealed class PublishedSignatureTests
{
    private const string Date = "20150830T123600Z";
    private static readonly string Empty = Convert.ToHexStringLower(SHA256.HashData([]));

    [Theory]
    [InlineData("GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("GET", "/?Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("GET", "/?Param1=value2&Param1=Value1", "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1")]
    [InlineData("GET", "/%E1%88%B4", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")]
    [InlineData("GET", "/example/..", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("GET", "//", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    public void Of_the_test_suite(string method, string target, string signature) =>
        Assert.Equal(signature, Sign(method, target, "host;x-amz-date", encodePathAgain: false));

    [Fact]
    public void Values_of_headers_are_trimmed_and_their_spaces_collapsed() => Assert.Equal(
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        Sign("GET", "/", "host;my-header1;my-header2;x-amz-date", false, ("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")));

    [Fact]
    public void Values_of_one_header_are_joined() => Assert.Equal(
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        Sign("GET", "/", "host;my-header1;x-amz-date", false, ("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")));

    [Fact]
    public void The_documentations_example()
    {
        var hash = Hash(
            "GET", "/?Action=ListUsers&Version=2010-05-08", "iam.amazonaws.com", "content-type;host;x-amz-date", true,
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"));
        Assert.Equal("f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59", Convert.ToHexStringLower(hash));
        var key = SigningKey.Derive(SignedRequest.Secret, "20150830", "us-east-1", "iam");
        Assert.Equal("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9", Convert.ToHexStringLower(key));
        var signature = new byte[SigningKey.Bytes];
        SigningKey.Sign(key, Date, "20150830/us-east-1/iam/aws4_request", hash, signature);
        Assert.Equal("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", Convert.ToHexStringLower(signature));
    }

    private static string Sign(string method, string target, string signed, bool encodePathAgain, params (string Name, string Value)[] headers)
    {
        var signature = new byte[SigningKey.Bytes];
        SigningKey.Sign(
            SigningKey.Derive(SignedRequest.Secret, "20150830", "us-east-1", "service"),
            Date,
            "20150830/us-east-1/service/aws4_request",
            Hash(method, target, "example.amazonaws.com", signed, encodePathAgain, headers),
            signature);
        return Convert.ToHexStringLower(signature);
    }

    private static byte[] Hash(string method, string target, string host, string signed, bool encodePathAgain, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Host = new HostString(host);
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = target;
        context.Request.Headers["X-Amz-Date"] = Date;
        foreach (var (name, value) in headers)
        {
            context.Request.Headers.Append(name, value);
        }

        var hash = new byte[SHA256.HashSizeInBytes];
        CanonicalRequest.Hash(context.Request, signed, Empty, encodePathAgain, hash);
        return hash;
    }
}
