using System.Diagnostics;
using System.Threading.Channels;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Appending;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Broker.Gateway.Routing;
using Broker.Gateway.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Broker.Gateway.Grpc.Records;

/// <summary>One Produce call: reads batches, puts them on their way, and acknowledges each when it is dealt with.</summary>
/// <remarks>
/// One reader, one writer; between them at most <see cref="ProducerLimits.MaxInFlightBatches"/> batches, within one window, and a bound of bytes, past
/// which nothing is read, so that HTTP/2's flow control holds the client. A batch gives its place back when its acknowledgement is
/// written. When the client goes, batches on their way are finished without it.
/// </remarks>
internal sealed class ProduceSession(
    RecordAppender appender,
    StreamMetrics metrics,
    GatewayDrain drain,
    GatewayOptions options,
    ProducerLimits limits,
    Func<string, CancellationToken, ValueTask<StreamRoute>> getRoute,
    Func<long> getDeadline) : IDisposable
{
    private readonly BatchEncoder encoder = appender.RentEncoder();
    private readonly SemaphoreSlim places = new(ProducerLimits.MaxInFlightBatches);
    private readonly BatchWindow window = new();
    private readonly InFlightBudget bytes = new(options.MaxInFlightBytesPerSession);
    private readonly Channel<V1.ProduceResponse> responses = Channel.CreateBounded<V1.ProduceResponse>(
        new BoundedChannelOptions(ProducerLimits.MaxInFlightBatches + 1) { SingleReader = true });

    private string streamName = "";
    private StreamGeneration generation;
    private Guid producer;
    private uint producerEpoch;
    private bool isOpen;
    private int unanswered = 1;

    public async Task RunAsync(
        IAsyncStreamReader<RequestFrame> requests, IServerStreamWriter<V1.ProduceResponse> output, CancellationToken cancellation)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation, drain.Draining);
        var writing = WriteAsync(output, broken, cancellation);
        Exception? failure = null;
        try
        {
            while (await requests.MoveNext(broken.Token))
            {
                using var frame = requests.Current;
                await HandleAsync(frame, broken.Token);
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        Answered();
        await writing;
        cancellation.ThrowIfCancellationRequested();
        if (drain.Draining.IsCancellationRequested && failure is not null and not BrokerException)
        {
            throw GatewayDrain.Stopping();
        }

        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    public void Dispose() => appender.ReturnEncoder(encoder);

    private async ValueTask HandleAsync(RequestFrame frame, CancellationToken cancellation)
    {
        if (!ProduceMessage.TryRead(frame.Message, out var message) || message.IsOpen == isOpen)
        {
            throw Malformed(isOpen ? "A message after the first must be a batch." : "The first message must be open.");
        }

        if (message.IsOpen)
        {
            await OpenAsync(message.ReadOpen(), cancellation);
            return;
        }

        var number = message.ReadBatchNumber();
        if (number is null or 0)
        {
            throw Malformed("batch_number is absent or 0: it must be 1 or more.");
        }

        await BatchAsync(frame, number.Value, cancellation);
    }

    private async ValueTask OpenAsync(V1.ProduceOpen? open, CancellationToken cancellation)
    {
        if (open is null || open.ProducerId.Length is not (0 or 16))
        {
            throw Malformed(open is null ? "open is malformed." : $"producer_id has {open.ProducerId.Length} bytes: it must have 16, or none.");
        }

        if (open.ProducerEpoch >= BatchIdentity.RequestEpoch)
        {
            throw Malformed($"producer_epoch is {open.ProducerEpoch}: it must be below {BatchIdentity.RequestEpoch}; the broker keeps the last two for itself.");
        }

        var route = await getRoute(open.StreamName, cancellation);
        streamName = open.StreamName;
        generation = route.Stream.Generation;
        producer = open.ProducerId.IsEmpty ? Guid.NewGuid() : new Guid(open.ProducerId.Span, bigEndian: true);
        producerEpoch = open.ProducerEpoch;
        isOpen = true;
        Interlocked.Increment(ref unanswered);
        responses.Writer.TryWrite(new V1.ProduceResponse
        {
            Opened = new V1.ProduceOpened
            {
                ProducerId = UnsafeByteOperations.UnsafeWrap(producer.ToByteArray(bigEndian: true)),
                MaxInFlightBatches = ProducerLimits.MaxInFlightBatches,
                WindowBatches = ProducerLimits.WindowBatches,
                StateRetention = Duration.FromTimeSpan(limits.StateRetention),
            },
        });
    }

    private async ValueTask BatchAsync(RequestFrame frame, ulong number, CancellationToken cancellation)
    {
        await window.EnterAsync(number, cancellation);
        await places.WaitAsync(cancellation);
        Interlocked.Increment(ref unanswered);
        var started = metrics.Now();
        var identity = new BatchIdentity(producer, producerEpoch, number);
        var span = GatewayTracing.StartBatch(TraceParentOf(frame), streamName);
        V1.ProduceAck? refusal;
        try
        {
            var route = await getRoute(streamName, cancellation);
            if (route.Stream.Generation != generation)
            {
                refusal = ProduceAcks.Refuse(number, BrokerErrorCode.ResourceNotFound, $"Stream {streamName} was deleted; another has its name now.");
            }
            else if (Encode(frame, route, identity, out var encoded) is { } fault)
            {
                refusal = ProduceAcks.Refuse(number, BrokerErrorCode.InvalidArgument, fault);
            }
            else
            {
                await bytes.AcquireAsync(encoded!.Bytes, cancellation);
                var batch = await appender.ProduceAsync(encoded, identity, getDeadline(), span?.Context ?? default, cancellation);
                _ = AcknowledgeAsync(number, batch, started, span);
                return;
            }
        }
        catch (BrokerException exception)
        {
            refusal = ProduceAcks.Refuse(number, exception.Code, exception.Message);
        }
        catch
        {
            // The batch was not put on its way: nobody else answers for it.
            Answered();
            throw;
        }

        window.Leave(number);
        span?.SetStatus(ActivityStatusCode.Error, refusal.ErrorMessage).Dispose();
        responses.Writer.TryWrite(new V1.ProduceResponse { Ack = refusal });
    }

    private string? Encode(RequestFrame frame, StreamRoute route, BatchIdentity identity, out EncodedBatch? encoded)
    {
        ProduceMessage.TryRead(frame.Message, out var message);
        return encoder.TryEncode(message.Content, route, RecordSpread.Of(identity), out encoded);
    }

    private static ReadOnlySpan<byte> TraceParentOf(RequestFrame frame) =>
        ProduceMessage.TryRead(frame.Message, out var message) ? message.ReadTraceParent() : default;

    private async Task AcknowledgeAsync(ulong number, AppendBatch batch, long started, Activity? span)
    {
        await batch.Completion;
        span?.Dispose();
        bytes.Release(batch.Bytes);
        window.Leave(number);
        metrics.Put(PutOperation.Produce, streamName, batch, started);
        responses.Writer.TryWrite(new V1.ProduceResponse { Ack = ProduceAcks.Make(number, batch) });
    }

    /// <summary>Writes responses until all are; a client that is gone has them dropped.</summary>
    private async Task WriteAsync(
        IServerStreamWriter<V1.ProduceResponse> output, CancellationTokenSource broken, CancellationToken cancellation)
    {
        var isGone = false;
        await foreach (var response in responses.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (!isGone && !cancellation.IsCancellationRequested)
            {
                try
                {
                    await output.WriteAsync(response, cancellation);
                }
                catch (Exception)
                {
                    isGone = true;
                    await broken.CancelAsync();
                }
            }

            if (response.Ack is not null)
            {
                places.Release();
            }

            Answered();
        }
    }

    /// <summary>The last one closes the channel: the reader counts as one until it ends.</summary>
    private void Answered()
    {
        if (Interlocked.Decrement(ref unanswered) == 0)
        {
            responses.Writer.TryComplete();
        }
    }

    private static BrokerException Malformed(string message) => new(BrokerErrorCode.InvalidArgument, message);
}
