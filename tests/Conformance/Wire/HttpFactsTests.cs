using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Broker.Tests.Conformance.Wire;

/// <summary>What the service answers before any operation is known: methods, content types, targets, credentials, CORS, as captured from AWS.</summary>
[Collection("conformance")]
public sealed class HttpFactsTests(ConformanceFixture conformance)
{
    private const string Json = "application/x-amz-json-1.1";
    private const string Cbor = "application/x-amz-cbor-1.1";
    private const string Target = "Kinesis_20131202.ListStreams";

    private const string AccessDenied =
        "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be authorized</Message>\n</AccessDeniedException>\n";

    private const string NoHeaderParameters =
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        + "Authorization header requires 'SignedHeaders' parameter. "
        + "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=X";

    private const string NoQueryParameters =
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. "
        + "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        + "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.";

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task OtherMethodsAreDeniedInXml(string method)
    {
        var answer = await SendAsync(new HttpMethod(method), "/", null);
        Assert.Equal((HttpStatusCode.Forbidden, (string?)null, AccessDenied), (answer.Status, answer.ContentType, answer.Text));
        HasIds(answer);
    }

    [Fact]
    public async Task ABodyOfNoTypeIsDeniedInXml()
    {
        var answer = await SendAsync(HttpMethod.Post, "/", "{}");
        Assert.Equal((HttpStatusCode.Forbidden, (string?)null, AccessDenied), (answer.Status, answer.ContentType, answer.Text));
    }

    [Fact]
    public async Task ABodyOfAnUnknownTypeForAnOperationIsUnknownInXml()
    {
        var answer = await SendAsync(HttpMethod.Post, "/", "{}", ("content-type", "text/plain"), ("x-amz-target", Target));
        Assert.Equal((HttpStatusCode.NotFound, "<UnknownOperationException/>\n"), (answer.Status, answer.Text));
    }

    [Theory]
    [InlineData(null, null, Cbor, "UnknownOperationException")]
    [InlineData("application/x-amz-json-1.0", null, Cbor, "UnknownOperationException")]
    [InlineData("application/x-amz-json-1.1asdf", null, Cbor, "UnknownOperationException")]
    [InlineData(null, "Whatever", Cbor, "UnknownOperationException")]
    [InlineData(null, "Kinesis_20131202.", Cbor, "UnknownOperationException")]
    [InlineData(null, "Kinesis_20131202.Whatever", Cbor, "UnknownOperationException")]
    [InlineData(null, "Kinesis_20131202.ListStream", Cbor, "UnknownOperationException")]
    [InlineData(null, Target, Cbor, "SerializationException")]
    [InlineData(Json, null, Json, "UnknownOperationException")]
    [InlineData(Json, Target, Json, "SerializationException")]
    [InlineData("application/json", null, Cbor, "UnknownOperationException")]
    [InlineData("application/json", Target, Cbor, "SerializationException")]
    public async Task AnEmptyBodyIsAnErrorBeforeCredentials(string? contentType, string? target, string answered, string error)
    {
        var answer = await SendAsync(HttpMethod.Post, "/", null, ("content-type", contentType), ("x-amz-target", target));
        Assert.Equal((HttpStatusCode.BadRequest, answered), (answer.Status, answer.ContentType));
        var body = (answer with { Protocol = answered == Json ? WireProtocol.Json : WireProtocol.AwsCbor }).Body;
        Assert.Equal([KeyValuePair.Create("__type", (object?)error)], body);
        HasIds(answer);
    }

    [Theory]
    [InlineData(Json, Target, "hello", 400, """{"__type":"SerializationException"}""")]
    [InlineData(Json, Target, "true", 400, """{"__type":"SerializationException"}""")]
    [InlineData(Json, Target, "null", 400, """{"__type":"SerializationException"}""")]
    [InlineData(Json, "Kinesis_20131202.Whatever", "{}", 400, """{"__type":"UnknownOperationException"}""")]
    [InlineData(Json, "Whatever.ListStreams", "{}", 400, """{"__type":"UnknownOperationException"}""")]
    [InlineData(Json, null, "{}", 400, """{"__type":"UnknownOperationException"}""")]
    [InlineData(Json, Target, "{}", 400, """{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}""")]
    [InlineData("   application/x-amz-json-1.1   ;whatever", Target, "{}", 400,
        """{"__type":"MissingAuthenticationTokenException","message":"Missing Authentication Token"}""")]
    [InlineData("application/json", Target, "{}", 404,
        """{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}""")]
    [InlineData("application/json", Target, "hello", 400,
        """{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}""")]
    [InlineData("     application/json     ;", Target, "hello", 400,
        """{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}""")]
    public async Task BodiesAreLookedAtInOrder(string contentType, string? target, string body, int status, string answered)
    {
        var answer = await SendAsync(HttpMethod.Post, "/", body, ("content-type", contentType), ("x-amz-target", target));
        Assert.Equal((status, answered), ((int)answer.Status, answer.Text));
        HasIds(answer);
    }

    [Theory]
    [InlineData("/", "X", null, "IncompleteSignatureException", NoHeaderParameters)]
    [InlineData("/?X-Amz-Algorith", "X", null, "IncompleteSignatureException", NoHeaderParameters)]
    [InlineData("/?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d", null, null,
        "MissingAuthenticationTokenException", "Missing Authentication Token")]
    [InlineData("/?X-Amz-Algorithm", "X", null, "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    [InlineData("/", "AWS4- Signature=b, Credential=a", "a", "IncompleteSignatureException",
        "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4- Signature=b, Credential=a")]
    [InlineData("/", "AWS4- Signature=b,Credential=a", "a", "IncompleteSignatureException",
        "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4- Signature=b,Credential=a")]
    [InlineData("/?X-Amz-Algorithm", null, null, "IncompleteSignatureException", NoQueryParameters)]
    [InlineData("/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d", null, null, "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.")]
    public async Task WhatCredentialsLackIsTold(string path, string? authorization, string? date, string error, string message)
    {
        var answer = await SendAsync(
            HttpMethod.Post, path, "{}", ("content-type", Json), ("x-amz-target", Target), ("authorization", authorization), ("date", date));
        Assert.Equal((HttpStatusCode.BadRequest, error, message), (answer.Status, answer.Error, answer.Message));
    }

    [Fact]
    public async Task AnAnswerHasIdsAndNoChecksumOfAnotherService()
    {
        var answer = await conformance.Aws.CallAsync(WireProtocol.Json, "DescribeLimits", new Dictionary<string, object?>());
        Assert.Equal((HttpStatusCode.OK, Json), (answer.Status, answer.ContentType));
        Assert.DoesNotContain("x-amz-crc32", answer.Headers.Keys);
        Assert.DoesNotContain("access-control-allow-origin", answer.Headers.Keys);
        HasIds(answer);
        var again = await conformance.Aws.CallAsync(WireProtocol.Json, "DescribeLimits", new Dictionary<string, object?>());
        Assert.NotEqual(answer.Headers["x-amzn-requestid"], again.Headers["x-amzn-requestid"]);
    }

    [Fact]
    public async Task OptionsWithAnOriginAnswersForBrowsers()
    {
        var answer = await SendAsync(
            HttpMethod.Options, "/", null, ("origin", "whatever"), ("access-control-request-headers", "a, b, c"), ("access-control-request-method", "d"));
        Assert.Equal((HttpStatusCode.OK, ""), (answer.Status, answer.Text));
        Assert.Equal("*", answer.Headers["access-control-allow-origin"]);
        Assert.Equal("a, b, c", answer.Headers["access-control-allow-headers"]);
        Assert.Equal("d", answer.Headers["access-control-allow-methods"]);
        Assert.Equal("172800", answer.Headers["access-control-max-age"]);
        Assert.Contains("x-amzn-requestid", answer.Headers.Keys);
        Assert.DoesNotContain("x-amz-id-2", answer.Headers.Keys);
        Assert.Null(answer.ContentType);
    }

    [Fact]
    public async Task OptionsWithoutAnOriginIsDenied()
    {
        var answer = await SendAsync(HttpMethod.Options, "/", null);
        Assert.Equal((HttpStatusCode.Forbidden, AccessDenied), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task AnOriginOpensTheHeadersToBrowsers()
    {
        var answer = await SendAsync(HttpMethod.Post, "/", null, ("origin", "whatever"));
        Assert.Equal("*", answer.Headers["access-control-allow-origin"]);
        Assert.Equal(
            "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date", answer.Headers["access-control-expose-headers"]);
    }

    private static void HasIds(AwsAnswer answer)
    {
        Assert.Matches(new Regex("^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$"), answer.Headers["x-amzn-requestid"]);
        Assert.InRange(Convert.FromBase64String(answer.Headers["x-amz-id-2"]).Length, 64, 80);
    }

    private Task<AwsAnswer> SendAsync(HttpMethod method, string path, string? body, params (string Name, string? Value)[] headers) =>
        conformance.Aws.SendAsync(
            method,
            path,
            headers.Where(header => header.Value is not null).ToDictionary(header => header.Name, header => header.Value!),
            body is null ? null : Encoding.UTF8.GetBytes(body));
}
