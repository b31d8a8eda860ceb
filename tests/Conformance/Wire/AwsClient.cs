using System.Net;
using System.Net.Http.Headers;

namespace Broker.Tests.Conformance.Wire;

/// <summary>A client of our own that sends what it is told, right or wrong, over HTTP/1.1.</summary>
public sealed class AwsClient(string endpoint) : IDisposable
{
    private readonly Uri root = new(endpoint);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(60) };

    public static string ContentTypeOf(WireProtocol protocol) => protocol switch
    {
        WireProtocol.Json => "application/x-amz-json-1.1",
        WireProtocol.AwsCbor => "application/x-amz-cbor-1.1",
        _ => "application/cbor",
    };

    /// <summary>Sends a value as the input of an operation.</summary>
    public Task<AwsAnswer> CallAsync(WireProtocol protocol, string operation, object? input) =>
        CallRawAsync(protocol, operation, WireCodec.Encode(protocol, input));

    /// <summary>Sends bytes as the input of an operation, signed; <paramref name="more"/> are headers that the signature does not cover.</summary>
    public Task<AwsAnswer> CallRawAsync(WireProtocol protocol, string operation, byte[] body, params (string Name, string Value)[] more)
    {
        var headers = Sign(protocol, operation, body);
        foreach (var (name, value) in more)
        {
            headers.Add(name, value);
        }

        return SendAsync(HttpMethod.Post, PathOf(protocol, operation), headers, body, protocol);
    }

    /// <summary>Asks until a stream is ACTIVE, at most 20 seconds.</summary>
    public async Task WaitUntilActiveAsync(string stream, WireProtocol protocol = WireProtocol.Json)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var told = await CallAsync(protocol, "DescribeStreamSummary", new Dictionary<string, object?> { ["StreamName"] = stream });
            if ((string?)((Dictionary<string, object?>)told.Body["StreamDescriptionSummary"]!)["StreamStatus"] == "ACTIVE")
            {
                return;
            }

            await Task.Delay(20, timeout.Token);
        }
    }

    /// <summary>Begins a call whose answer is a stream of events; the caller disposes of the answer.</summary>
    public async Task<HttpResponseMessage> SubscribeAsync(WireProtocol protocol, object? input, CancellationToken cancellation)
    {
        var body = WireCodec.Encode(protocol, input);
        using var request = Request(
            HttpMethod.Post, PathOf(protocol, "SubscribeToShard"), Sign(protocol, "SubscribeToShard", body), body);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>The headers of a signed request.</summary>
    public Dictionary<string, string> Sign(WireProtocol protocol, string operation, byte[] body)
    {
        var now = DateTimeOffset.UtcNow;
        var headers = new Dictionary<string, string>
        {
            ["content-type"] = ContentTypeOf(protocol),
            ["host"] = root.Authority,
            ["x-amz-date"] = SigV4.Stamp(now),
        };
        if (protocol == WireProtocol.RpcV2Cbor)
        {
            headers["smithy-protocol"] = "rpc-v2-cbor";
            headers["accept"] = "application/cbor";
        }
        else
        {
            headers["x-amz-target"] = "Kinesis_20131202." + operation;
        }

        headers["authorization"] = SigV4.Authorize(
            PathOf(protocol, operation), headers, body, Credentials.Own, now);
        return headers;
    }

    public static string PathOf(WireProtocol protocol, string operation) =>
        protocol == WireProtocol.RpcV2Cbor ? $"/service/Kinesis_20131202/operation/{operation}" : "/";

    /// <summary>Sends a request as it is.</summary>
    /// <param name="method">The method.</param>
    /// <param name="pathAndQuery">Path and query.</param>
    /// <param name="headers">All headers besides Content-Length.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="protocol">How to read the answer.</param>
    public async Task<AwsAnswer> SendAsync(
        HttpMethod method, string pathAndQuery, IReadOnlyDictionary<string, string> headers, byte[]? body, WireProtocol protocol = WireProtocol.Json)
    {
        using var request = Request(method, pathAndQuery, headers, body);
        using var answer = await http.SendAsync(request);
        return new AwsAnswer(
            protocol,
            answer.StatusCode,
            answer.Content.Headers.ContentType?.ToString(),
            All(answer.Headers, answer.Content.Headers),
            await answer.Content.ReadAsByteArrayAsync());
    }

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string pathAndQuery, IReadOnlyDictionary<string, string> headers, byte[]? body)
    {
        var request = new HttpRequestMessage(method, new Uri(root, pathAndQuery)) { Version = HttpVersion.Version11 };
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }

    private static Dictionary<string, string> All(params HttpHeaders[] groups) =>
        groups.SelectMany(group => group.NonValidated).ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
}
