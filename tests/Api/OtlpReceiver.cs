using System.Collections.Concurrent;
using System.Net;
using Broker.Tests.Harness;
using Google.Protobuf;

namespace Broker.Tests.Api;

/// <summary>A receiver of OTLP over HTTP on loopback, that keeps the spans it is sent and takes all else.</summary>
internal sealed class OtlpReceiver : IDisposable
{
    private readonly HttpListener listener = new();

    public OtlpReceiver()
    {
        Endpoint = $"http://127.0.0.1:{BrokerProcess.FreePort()}";
        listener.Prefixes.Add(Endpoint + "/");
        listener.Start();
        _ = ReceiveAsync();
    }

    public string Endpoint { get; }

    public ConcurrentQueue<Span> Spans { get; } = new();

    public void Dispose() => listener.Close();

    private async Task ReceiveAsync()
    {
        while (true)
        {
            try
            {
                var context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                if (context.Request.Url!.AbsolutePath == "/v1/traces")
                {
                    ReadTraces(body.ToArray());
                }

                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <remarks>opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest: resource_spans 1, scope_spans 2, spans 2.</remarks>
    private void ReadTraces(byte[] request)
    {
        foreach (var span in Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)))
        {
            Spans.Enqueue(new Span(Hex(span, 1), Hex(span, 2), Hex(span, 4), System.Text.Encoding.UTF8.GetString(Fields(span, 5).Single())));
        }
    }

    private static string Hex(byte[] span, int field) => Convert.ToHexStringLower(Fields(span, field).SingleOrDefault([]));

    /// <summary>What a message has under a field of bytes.</summary>
    private static List<byte[]> Fields(byte[] message, int field)
    {
        var found = new List<byte[]>();
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                found.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return found;
    }

    /// <summary>A span: ids in hexadecimal digits, empty where there is no parent.</summary>
    internal sealed record Span(string Trace, string Id, string Parent, string Name);
}
