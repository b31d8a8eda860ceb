using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;

namespace Broker.Tests.Unit.Gateway;

/// <summary>A client that announces a message, sends the first bytes of it, and says no more.</summary>
internal sealed class HalfCall : HttpContent
{
    private const int SentBytes = 1024;

    private readonly TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int announcedBytes;

    private HalfCall(int announcedBytes)
    {
        this.announcedBytes = announcedBytes;
        Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
    }

    /// <summary>Begins a call; the answer, once the server had enough of waiting.</summary>
    public static async Task<Task<HttpResponseMessage>> BeginAsync(HttpClient http, Uri server, string method, int announcedBytes)
    {
        var content = new HalfCall(announcedBytes);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"/broker.v1.RecordService/{method}"))
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        var answer = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await Task.WhenAny(content.sent.Task, answer);
        return answer;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var bytes = new byte[5 + SentBytes];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), announcedBytes);
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        sent.TrySetResult();

        // Where the server ends the stream before its answer is read, that cancels the rest of the body: the answer is what counts.
        await gone.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        gone.TrySetResult();
        base.Dispose(disposing);
    }
}
