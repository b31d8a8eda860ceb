using System.Text;
using Broker.Gateway.Auth;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>Who a request is from: signatures made by another implementation, and what is told of those that do not hold.</summary>
public sealed class RequestAuthenticatorTests : IDisposable
{
    private readonly TestAuth auth = new();

    public static TheoryData<string> Shapes => new("json", "query", "authority", "unsigned payload", "streaming", "date header", "spaces", "escapes", "path");

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_signature_that_holds_names_its_principal(string shape)
    {
        var (request, body) = Make(shape);
        var result = auth.Authenticator.Authenticate(request, body);
        Assert.True(result.IsAuthenticated, result.Fault?.Message);
        Assert.Equal("arn:aws:iam::000000000000:user/alice", result.Caller.PrincipalArn);
        Assert.Equal(SignedRequest.Id, result.Caller.AccessKeyId);
        Assert.Equal("000000000000", result.Caller.AccountId);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Any_change_breaks_it(string shape)
    {
        foreach (var change in new Action<HttpRequest>[]
        {
            static request => request.Method = "PUT",
            static request => request.Host = new HostString("127.0.0.1:4568"),
            static request =>
            {
                var feature = request.HttpContext.Features.Get<IHttpRequestFeature>()!;
                feature.RawTarget = feature.RawTarget.Insert(1, "x");
            },
            static request =>
            {
                var feature = request.HttpContext.Features.Get<IHttpRequestFeature>()!;
                feature.RawTarget += feature.RawTarget.Contains('?', StringComparison.Ordinal) ? "&x=1" : "?x=1";
            },
            static request => request.Headers["x-amz-target"] = "Kinesis_20131202.DeleteStream",
        })
        {
            var (request, body) = Make(shape);
            change(request);
            Assert.Equal("InvalidSignatureException", auth.Authenticator.Authenticate(request, body).Fault?.Type);
        }

        var (unchanged, known) = Make(shape);
        var isCovered = shape is not ("unsigned payload" or "streaming");
        Assert.Equal(isCovered, !auth.Authenticator.Authenticate(unchanged, [.. known, 1]).IsAuthenticated);
    }

    [Fact]
    public void A_payload_is_left_out_only_where_that_is_signed()
    {
        var signed = new SignedRequest { Body = "{}"u8.ToArray() };
        signed.Unsigned.Add(("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
        var request = signed.WithHeader();
        Assert.True(auth.Authenticator.Authenticate(request, "{}"u8).IsAuthenticated);
        Assert.False(auth.Authenticator.Authenticate(request, "{ }"u8).IsAuthenticated);
    }

    [Fact]
    public void The_operation_must_be_signed()
    {
        var signed = new SignedRequest();
        signed.Unsigned.Add(("x-amz-target", "Kinesis_20131202.ListStreams"));
        Fails(signed.WithHeader(), "InvalidSignatureException", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
    }

    [Fact]
    public void The_host_must_be_signed()
    {
        var signed = new SignedRequest { HostName = "x-host" };
        signed.Unsigned.Add(("x-host", "127.0.0.1:4567"));
        Fails(signed.WithHeader(), "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }

    [Theory]
    [InlineData(-15 * 60, null)]
    [InlineData(15 * 60, null)]
    [InlineData((-15 * 60) - 1, "Signature expired: 20150830T122059Z is now earlier than 20150830T122100Z (20150830T123600Z - 15 min.)")]
    [InlineData((15 * 60) + 1, "Signature not yet current: 20150830T125101Z is still later than 20150830T125100Z (20150830T123600Z + 15 min.)")]
    public void The_clocks_may_differ_by_a_quarter_of_an_hour(int seconds, string? message)
    {
        var request = new SignedRequest { Time = auth.Clock.GetUtcNow().UtcDateTime.AddSeconds(seconds) }.WithHeader();
        if (message is null)
        {
            Assert.True(auth.Authenticator.Authenticate(request, []).IsAuthenticated);
        }
        else
        {
            Fails(request, "InvalidSignatureException", message);
        }
    }

    [Fact]
    public void A_presigned_request_is_good_for_as_long_as_it_says()
    {
        var signed = new SignedRequest().WithQuery(expires: 60);
        auth.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.True(auth.Authenticator.Authenticate(signed, []).IsAuthenticated);
        auth.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z", auth.Authenticator.Authenticate(signed, []).Fault?.Message, StringComparison.Ordinal);
        Assert.Equal("IncompleteSignatureException", auth.Authenticator.Authenticate(new SignedRequest().WithQuery(expires: 604_801), []).Fault?.Type);
    }

    [Fact]
    public void The_scope_must_be_ours()
    {
        Fails(new SignedRequest { Region = "eu-west-1" }.WithHeader(), "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'. ");
        Fails(new SignedRequest { Service = "dynamodb" }.WithHeader(), "InvalidSignatureException", "Credential should be scoped to correct service: 'kinesis'. ");
        var yesterday = new SignedRequest().WithHeader();
        yesterday.Headers.Authorization = yesterday.Headers.Authorization.ToString().Replace("/20150830/", "/20150829/", StringComparison.Ordinal);
        Fails(
            yesterday,
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'. ");
    }

    [Fact]
    public void A_key_must_be_known_and_its_secret_right()
    {
        Fails(new SignedRequest { AccessKeyId = "AKIDOTHER" }.WithHeader(), "UnrecognizedClientException", "The security token included in the request is invalid.");
        Fails(
            new SignedRequest { SecretKey = "other" }.WithHeader(),
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
    }

    [Fact]
    public void A_key_with_a_token_wants_it_and_one_without_wants_none()
    {
        using var tokens = new TestAuth($$"""{"keys": [{"accessKeyId": "{{SignedRequest.Id}}", "secretAccessKey": "{{SignedRequest.Secret}}", "user": "a", "sessionToken": "t"}]}""");
        Assert.True(tokens.Authenticator.Authenticate(WithToken("t"), []).IsAuthenticated);
        Assert.Equal("UnrecognizedClientException", tokens.Authenticator.Authenticate(WithToken("T"), []).Fault?.Type);
        Assert.Equal("UnrecognizedClientException", tokens.Authenticator.Authenticate(new SignedRequest().WithHeader(), []).Fault?.Type);
        Assert.Equal("UnrecognizedClientException", auth.Authenticator.Authenticate(WithToken("t"), []).Fault?.Type);

        static HttpRequest WithToken(string token)
        {
            var signed = new SignedRequest();
            signed.Headers.Add(("x-amz-security-token", token));
            return signed.WithHeader();
        }
    }

    [Theory]
    [InlineData(AuthMode.On)]
    [InlineData(AuthMode.None)]
    public void What_is_missing_is_told_as_AWS_does(AuthMode mode)
    {
        using var either = new TestAuth(mode: mode);
        Assert.Equal(("MissingAuthenticationTokenException", "Missing Authentication Token"), Judge(null, ""));
        Assert.Equal(
            ("IncompleteSignatureException", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
                + "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X"),
            Judge("X", ""));
        Assert.Equal(
            ("IncompleteSignatureException", "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
                + "Authorization=AWS4- Signature=b,Credential=a"),
            Judge("AWS4- Signature=b,Credential=a", ""));
        Assert.Equal(("InvalidSignatureException", "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."), Judge("X", "?X-Amz-Algorithm"));
        Assert.Equal(
            ("IncompleteSignatureException", "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. "
                + "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
                + "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."),
            Judge(null, "?X-Amz-Algorithm"));
        Assert.Equal("MissingAuthenticationTokenException", Judge(null, "?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d").Type);

        (string? Type, string? Message) Judge(string? header, string query)
        {
            var request = new DefaultHttpContext().Request;
            request.QueryString = new QueryString(query);
            if (header is not null)
            {
                request.Headers.Authorization = header;
            }

            var fault = either.Authenticator.Authenticate(request, []).Fault;
            Assert.Equal(400, fault?.HttpStatus);
            return (fault?.Type, fault?.Message);
        }
    }

    [Theory]
    [InlineData("AWS3", "AKID/20150830/us-east-1/kinesis/aws4_request", "20150830T123600Z", "Unsupported AWS 'algorithm': 'AWS3'. ")]
    [InlineData("AWS4-HMAC-SHA256", "AKID/20150830", "20150830T123600Z", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKID/20150830'")]
    [InlineData("AWS4-HMAC-SHA256", "AKID/20150830/us-east-1/kinesis/aws4_request", "a", "Date must be in ISO-8601 'basic format'. Got 'a'. See http://en.wikipedia.org/wiki/ISO_8601")]
    public void What_is_malformed_is_told(string algorithm, string credential, string date, string message)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers["x-amz-date"] = date;
        request.Headers.Authorization = $"{algorithm} Credential={credential}, SignedHeaders=host, Signature=00";
        Fails(request, "IncompleteSignatureException", message);
    }

    [Theory]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", false)]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true)]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", false)]
    [InlineData("STREAMING-AWS4-HMAC-SHA256-EVENTS", false)]
    [InlineData("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", false)]
    [InlineData("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", false)]
    public void Signatures_of_chunks_are_not_taken_unseen(string payload, bool isQuery)
    {
        var signed = new SignedRequest { Payload = payload };
        if (isQuery)
        {
            signed.Query.Add(("X-Amz-Content-Sha256", payload));
        }
        else
        {
            signed.Headers.Add(("x-amz-content-sha256", payload));
        }

        Fails(
            isQuery ? signed.WithQuery() : signed.WithHeader(),
            "InvalidSignatureException",
            $"'x-amz-content-sha256: {payload}' is not taken: it must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER or the SHA-256 of the body.");
    }

    [Fact]
    public void Without_authentication_any_credentials_pass_and_tell_their_key()
    {
        using var none = new TestAuth(mode: AuthMode.None);
        var result = none.Authenticator.Authenticate(new SignedRequest { AccessKeyId = "anybody", SecretKey = "x" }.WithHeader(), []);
        Assert.Equal("anybody", result.Caller?.AccessKeyId);
        var again = none.Authenticator.Authenticate(new SignedRequest { AccessKeyId = "anybody", SecretKey = "y" }.WithQuery(), []);
        Assert.Same(result.Caller, again.Caller);
    }

    public void Dispose() => auth.Dispose();

    private void Fails(HttpRequest request, string type, string message)
    {
        var fault = auth.Authenticator.Authenticate(request, []).Fault;
        Assert.Equal((type, message), (fault?.Type, fault?.Message));
    }

    private static (HttpRequest Request, byte[] Body) Make(string shape)
    {
        var signed = new SignedRequest { Body = Encoding.UTF8.GetBytes("""{"StreamName":"s"}""") };
        signed.Headers.Add(("content-type", "application/x-amz-json-1.1"));
        signed.Headers.Add(("x-amz-target", "Kinesis_20131202.PutRecord"));
        switch (shape)
        {
            case "authority":
                signed.HostName = ":authority";
                break;
            case "unsigned payload":
                signed.Headers.Add(("x-amz-content-sha256", signed.Payload = "UNSIGNED-PAYLOAD"));
                break;
            case "streaming":
                signed.Headers.Add(("x-amz-content-sha256", signed.Payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"));
                break;
            case "date header":
                signed.Headers.Add(("date", signed.Time.ToString("r")));
                break;
            case "spaces":
                signed.Headers.Add(("x-amz-user-agent", "  a   b  "));
                signed.Headers.Add(("x-amz-user-agent", "c"));
                break;
            case "escapes":
                signed.Query.Add(("b", "%2Fx%20y%7Ez".Replace("%7E", "~", StringComparison.Ordinal)));
                signed.Query.Add(("a", ""));
                signed.Query.Add(("b", "%26"));
                break;
            case "path":
                signed.Path = "/service/Kinesis%20x/operation/%E1%88%B4";
                break;
        }

        return (shape == "query" ? signed.WithQuery() : signed.WithHeader(), signed.Body);
    }
}
