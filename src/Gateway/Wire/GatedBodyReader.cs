using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Broker.Contracts.Errors;
using Broker.Gateway.Appending;
using Broker.Gateway.Errors;
using Broker.Gateway.Hosting;
using Grpc.Core;

namespace Broker.Gateway.Wire;

/// <summary>A call's body, whose large messages are read on only when there is room for the whole of them, and only for a while.</summary>
/// <remarks>
/// <para>
/// gRPC clients announce no content length, but each message's first five bytes tell its own: what does not fit the budget is left
/// unread, so that HTTP/2's flow control holds its rest at the client. A message's bytes are given back when the next one is asked
/// for, or the call ends: until then its handler works on a copy of it.
/// </para>
/// <para>Used by one call, a read at a time. gRPC consumes whole messages alone, so that what is unconsumed begins with one.</para>
/// </remarks>
/// <param name="inner">The body as Kestrel has it.</param>
/// <param name="budget">Shared by all calls.</param>
/// <param name="isStream">True to wait for room and for further messages; false to refuse a message that finds no room.</param>
/// <param name="options">How long a message may take.</param>
/// <param name="drain">Ends what has not arrived when the process stops.</param>
/// <param name="clock">Measures how long a message takes.</param>
internal sealed class GatedBodyReader(
    PipeReader inner, InFlightBudget budget, bool isStream, GatewayOptions options, GatewayDrain drain, TimeProvider clock) : PipeReader, IDisposable
{
    /// <summary>Messages of up to this many bytes pass freely: their number is bounded by that of the calls.</summary>
    public const int SmallBytes = 64 * 1024;

    /// <summary>Before each message: whether it is compressed, and its length.</summary>
    private const int PrefixBytes = 5;

    private long begun = clock.GetTimestamp();
    private long held;
    private bool hasBegun;
    private ReadOnlySequence<byte> last;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (!hasBegun && isStream)
        {
            Dispose();
        }

        var result = await ReadInnerAsync(cancellationToken);
        last = result.Buffer;
        if (!last.IsEmpty && !hasBegun)
        {
            hasBegun = true;
            begun = isStream ? clock.GetTimestamp() : begun;
        }

        if (held == 0 && Charge() is > SmallBytes and var bytes)
        {
            await AcquireAsync(bytes, cancellationToken);
        }

        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return false;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        hasBegun &= last.Slice(0, consumed).IsEmpty;
        last = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>Gives back what the last message holds.</summary>
    public void Dispose()
    {
        budget.Release(held);
        held = 0;
    }

    /// <summary>What the message counts for; one that is compressed may grow to the largest there is. 0 while that is not known.</summary>
    private long Charge()
    {
        if (last.Length < PrefixBytes)
        {
            return 0;
        }

        Span<byte> prefix = stackalloc byte[PrefixBytes];
        last.Slice(0, PrefixBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        return length > GatewayOptions.MaxMessageBytes
            ? throw Refuse(BrokerErrorCode.InvalidArgument, $"The request has {length} bytes: it may have {GatewayOptions.MaxMessageBytes}.")
            : prefix[0] != 0 ? GatewayOptions.MaxMessageBytes : length;
    }

    /// <summary>Leaves the rest of the call unread.</summary>
    private RpcException Refuse(BrokerErrorCode code, string message)
    {
        inner.AdvanceTo(last.Start, last.End);
        return BrokerErrors.ToRpcException(code, message);
    }

    private async ValueTask<ReadResult> ReadInnerAsync(CancellationToken cancellationToken)
    {
        var reading = inner.ReadAsync(cancellationToken);
        var result = reading.IsCompleted || (isStream && !hasBegun) ? await reading : await WithinTimeAsync(reading);
        if (!result.IsCanceled)
        {
            return result;
        }

        last = result.Buffer;
        throw Refuse(
            BrokerErrorCode.Unavailable,
            drain.Draining.IsCancellationRequested ? "This gateway is stopping; connect again."
            : $"The request did not arrive within {options.MessageTimeout.TotalSeconds} seconds (Broker:Gateway:{nameof(options.MessageTimeout)}).");
    }

    /// <summary>A read that is under way takes no other token: it is woken, and tells that it was.</summary>
    private async ValueTask<ReadResult> WithinTimeAsync(ValueTask<ReadResult> reading)
    {
        var left = options.MessageTimeout - clock.GetElapsedTime(begun);
        await using var timer = clock.CreateTimer(
            static state => ((PipeReader)state!).CancelPendingRead(), inner, left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await using var stop = drain.Draining.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), inner);
        return await reading;
    }

    private async ValueTask AcquireAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!budget.TryAcquire(bytes))
        {
            if (!isStream)
            {
                throw Refuse(
                    BrokerErrorCode.Overloaded,
                    $"Too many large requests are under way: they may have {options.MaxMessageBytesInFlight} bytes together (Broker:Gateway:{nameof(options.MaxMessageBytesInFlight)}). Retry after a pause.");
            }

            await budget.AcquireAsync(bytes, cancellationToken);
            begun = clock.GetTimestamp();
        }

        held = bytes;
    }
}
