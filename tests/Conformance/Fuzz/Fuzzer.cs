using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Broker.Tests.Conformance.Wire;

namespace Broker.Tests.Conformance.Fuzz;

/// <summary>Sends mutated requests until a time is up, and gathers what a server must never do: a status of 500 or more, no answer in time.</summary>
/// <param name="server">The server.</param>
/// <param name="known">Values of members that stand for something on it.</param>
/// <param name="seed">All requests follow from it.</param>
public sealed class Fuzzer(Uri server, IReadOnlyDictionary<string, string> known, int seed) : IDisposable
{
    /// <summary>How long one answer may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private const int Lanes = 4;
    private const int FaultsAtMost = 20;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 }) { Timeout = Patience };
    private readonly AwsClient signer = new(server.ToString().TrimEnd('/'));
    private readonly List<string> faults = [];
    private long requests;

    public long Requests => Interlocked.Read(ref requests);

    public IReadOnlyList<string> Faults => faults;

    /// <summary>Runs for a time; each lane's requests follow from the seed and the lane.</summary>
    public Task RunAsync(TimeSpan duration)
    {
        var until = TimeProvider.System.GetUtcNow() + duration;
        return Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
        {
            var random = new Random(HashCode(seed, lane));
            var mutator = new Mutator(random, known);
            while (TimeProvider.System.GetUtcNow() < until && faults.Count < FaultsAtMost)
            {
                await OneAsync(random, mutator);
                Interlocked.Increment(ref requests);
            }
        })));

        static int HashCode(int seed, int lane) => unchecked((seed * 31) + lane);
    }

    public void Dispose()
    {
        http.Dispose();
        signer.Dispose();
    }

    private async Task OneAsync(Random random, Mutator mutator)
    {
        var protocol = (WireProtocol)random.Next(3);
        var operation = mutator.NextOperation();
        var body = mutator.NextBody(WireCodec.Encode(protocol, mutator.NextInput(operation)));
        var headers = signer.Sign(protocol, operation, body);
        var path = AwsClient.PathOf(protocol, operation);
        byte[]? head = random.Next(20) == 0 ? mutator.NextHead(Head(path, headers, body.Length)) : null;
        try
        {
            var status = head is null ? await SendAsync(path, headers, body) : await SendRawAsync(head, body);

            // 505 is what Kestrel says to a version of HTTP that there is not.
            if (status >= 500 && status != 505)
            {
                Fault($"status {status}", operation, protocol, head, body);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            Fault($"no answer within {Patience.TotalSeconds} s", operation, protocol, head, body);
        }
        catch (HttpRequestException exception)
        {
            Fault(exception.ToString(), operation, protocol, head, body);
        }
    }

    private async Task<int> SendAsync(string path, Dictionary<string, string> headers, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, path)) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in headers)
        {
            if (name == "content-type")
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
            else
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.Content.Headers.ContentType?.MediaType != "application/vnd.amazon.eventstream")
        {
            await answer.Content.CopyToAsync(Stream.Null);
        }

        return (int)answer.StatusCode;
    }

    /// <summary>The status of what comes back for these bytes; 0 when the server hangs up without a word, which it may.</summary>
    private async Task<int> SendRawAsync(byte[] head, byte[] body)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(Patience);
        var answer = new byte[64];
        var length = 0;
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, timeout.Token);
            await socket.SendAsync(head, timeout.Token);
            await socket.SendAsync(body, timeout.Token);
            socket.Shutdown(SocketShutdown.Send);
            while (length < 12 && await socket.ReceiveAsync(answer.AsMemory(length), timeout.Token) is > 0 and var read)
            {
                length += read;
            }
        }
        catch (SocketException)
        {
            // Refused in the middle of the request.
        }

        return length >= 12 && int.TryParse(Encoding.ASCII.GetString(answer, 9, 3), out var status) ? status : 0;
    }

    private static string Head(string path, Dictionary<string, string> headers, int length) =>
        $"POST {path} HTTP/1.1\r\n{string.Join("\r\n", headers.Select(header => $"{header.Key}: {header.Value}"))}\r\ncontent-length: {length}\r\nconnection: close";

    private void Fault(string what, string operation, WireProtocol protocol, byte[]? head, byte[] body)
    {
        lock (faults)
        {
            faults.Add($"{what}: {operation} over {protocol}{(head is null ? "" : $", head {Convert.ToBase64String(head)}")}, body {Convert.ToBase64String(body.AsSpan(0, Math.Min(body.Length, 2048)))}");
        }
    }
}
