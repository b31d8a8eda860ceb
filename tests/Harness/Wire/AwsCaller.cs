using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Broker.Tests.Harness.Wire;

/// <summary>One AWS client's connection: HTTP/1.1, or HTTP/2 by prior knowledge. Thread-safe; outlives the process at its other end.</summary>
public sealed class AwsCaller(string endpoint, Version version, HttpMessageHandler? handler = null) : IDisposable
{
    /// <summary>No answer takes this long: one that does is a fault with a name, not a test that hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private readonly Uri root = new(endpoint);
    private readonly HttpClient http = new(handler ?? new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Sends one attempt of a call.</summary>
    /// <param name="protocol">How the body is written.</param>
    /// <param name="operation">AWS's name.</param>
    /// <param name="body">The input.</param>
    /// <param name="attempt">Which attempt of which call; null for a call that says nothing of it.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task<AwsAnswer> SendAsync(WireProtocol protocol, string operation, byte[] body, AwsAttempt? attempt, CancellationToken cancellation)
    {
        using var request = Request(protocol, operation, body);
        if (attempt is not null)
        {
            request.Headers.Add("amz-sdk-invocation-id", attempt.Invocation);
            request.Headers.Add("amz-sdk-request", string.Create(CultureInfo.InvariantCulture, $"attempt={attempt.Number}"));
        }

        using var answer = await http.SendAsync(request, cancellation);
        var headers = answer.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(',', header.Value));
        return new AwsAnswer(
            protocol, answer.StatusCode, answer.Content.Headers.ContentType?.ToString(), headers, await answer.Content.ReadAsByteArrayAsync(cancellation));
    }

    /// <summary>Calls an operation that may be repeated, until it is answered with something else than the server's own fault.</summary>
    public async Task<AwsAnswer> CallAsync(WireProtocol protocol, string operation, Dictionary<string, object?> input)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                var answer = await SendAsync(protocol, operation, WireCodec.Encode(protocol, input), null, timeout.Token);
                if ((int)answer.Status < 500)
                {
                    return answer;
                }
            }
            catch (Exception exception) when (IsDisconnect(exception) && !timeout.IsCancellationRequested)
            {
            }

            await Task.Delay(Pause, timeout.Token);
        }
    }

    /// <summary>The same, where only success will do.</summary>
    public async Task<IDictionary<string, object?>> AskAsync(WireProtocol protocol, string operation, Dictionary<string, object?> input)
    {
        var answer = await CallAsync(protocol, operation, input);
        return answer.Status == HttpStatusCode.OK
            ? answer.Body
            : throw new InvalidOperationException($"{operation} was answered with {(int)answer.Status} {answer.Error}: {answer.Message}");
    }

    /// <summary>Opens a subscription; the caller disposes of the answer, whose body goes on.</summary>
    public async Task<HttpResponseMessage> SubscribeAsync(WireProtocol protocol, Dictionary<string, object?> input, CancellationToken cancellation)
    {
        using var request = Request(protocol, "SubscribeToShard", WireCodec.Encode(protocol, input));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>Errors that a broker going away makes.</summary>
    public static bool IsDisconnect(Exception exception) => exception is HttpRequestException or IOException or OperationCanceledException;

    public void Dispose() => http.Dispose();

    private HttpRequestMessage Request(WireProtocol protocol, string operation, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, root)
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(
            protocol == WireProtocol.Json ? "application/x-amz-json-1.1" : "application/x-amz-cbor-1.1");
        request.Headers.Add("X-Amz-Target", "Kinesis_20131202." + operation);
        request.Headers.TryAddWithoutValidation(
            "Authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00");
        request.Headers.Add("X-Amz-Date", "20260101T000000Z");
        return request;
    }
}
