using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Reading;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws.Records;

/// <summary>Writes the frames of vnd.amazon.eventstream: lengths, headers and payload, with CRC-32 over the prelude and over all.</summary>
/// <remarks>smithy.io, Amazon Event Stream. Numbers are big-endian. Used by one call, a frame at a time.</remarks>
internal sealed class EventStreamWriter(HttpResponse response, AwsProtocol protocol, CancellationToken cancellation) : IServerStreamWriter<RecordPage>
{
    public const string ContentType = "application/vnd.amazon.eventstream";

    private const int PreludeBytes = 12;
    private const int TrailerBytes = 4;
    private const byte StringHeader = 7;

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>The first frame, without which clients take nothing.</summary>
    public async Task BeginAsync()
    {
        using var frame = new PooledBuffer();
        Write(frame, "event", "initial-response", output =>
        {
            var writer = protocol.CreateWriter(output);
            writer.BeginMap();
            writer.EndMap();
        });
        await FlushAsync(frame);
    }

    public async Task WriteAsync(RecordPage message)
    {
        using var frame = new PooledBuffer(AwsPageWriter.Expect(message));
        Write(frame, "event", "SubscribeToShardEvent", output => AwsPageWriter.WriteEvent(protocol, output, message));
        await FlushAsync(frame);
    }

    public Task WriteAsync(RecordPage message, CancellationToken cancellationToken) => WriteAsync(message);

    /// <summary>The last frame of a subscription that fails.</summary>
    public async Task FailAsync(AwsError error)
    {
        using var frame = new PooledBuffer();
        Write(frame, "exception", error.Type, output =>
        {
            var writer = protocol.CreateWriter(output);
            writer.BeginMap();
            writer.WriteKey("message"u8);
            writer.WriteString(error.Message ?? error.Type);
            writer.EndMap();
        });
        await FlushAsync(frame);
    }

    private void Write(PooledBuffer frame, string kind, string type, Action<PooledBuffer> payload)
    {
        frame.GetSpan(PreludeBytes);
        frame.Advance(PreludeBytes);
        WriteHeader(frame, ":message-type", kind);
        WriteHeader(frame, kind == "event" ? ":event-type" : ":exception-type", type);
        WriteHeader(frame, ":content-type", protocol.ContentType);
        var headerBytes = frame.Length - PreludeBytes;
        payload(frame);
        var prelude = frame.Content.Span;
        BinaryPrimitives.WriteInt32BigEndian(prelude, frame.Length + TrailerBytes);
        BinaryPrimitives.WriteInt32BigEndian(prelude[4..], headerBytes);
        BinaryPrimitives.WriteUInt32BigEndian(prelude[8..], Crc32.HashToUInt32(prelude[..8]));
        var checksum = Crc32.HashToUInt32(frame.Content.Span);
        BinaryPrimitives.WriteUInt32BigEndian(frame.GetSpan(TrailerBytes), checksum);
        frame.Advance(TrailerBytes);
    }

    private static void WriteHeader(PooledBuffer frame, string name, string value)
    {
        frame.Write((byte)name.Length);
        frame.Write(Encoding.ASCII.GetBytes(name));
        frame.Write(StringHeader);
        BinaryPrimitives.WriteUInt16BigEndian(frame.GetSpan(2), (ushort)value.Length);
        frame.Advance(2);
        frame.Write(Encoding.ASCII.GetBytes(value));
    }

    private async Task FlushAsync(PooledBuffer frame)
    {
        await response.Body.WriteAsync(frame.Written, cancellation);
        await response.Body.FlushAsync(cancellation);
    }
}
