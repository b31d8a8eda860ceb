using System.Buffers;
using System.IO.Pipelines;
using Broker.Contracts.Errors;
using Broker.Gateway.Appending;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Hosting;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws;

/// <summary>Reads bodies whole, within the gateway's bounds of bytes and time: their signatures cover all of them.</summary>
internal sealed class AwsBody(MessageBudget messages, Microsoft.Extensions.Options.IOptions<GatewayOptions> options, TimeProvider clock)
{
    /// <summary>10 MiB of records in base64, with keys and names.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private const int StepBytes = 64 * 1024;

    /// <summary>Reads the body of a request.</summary>
    /// <returns>The bytes, and what they hold of the budget until they are disposed of.</returns>
    /// <exception cref="AwsException">Too large, or too slow.</exception>
    public async ValueTask<Lease> ReadAsync(HttpContext context)
    {
        var announced = context.Request.ContentLength;
        if (announced > MaxBytes)
        {
            throw TooLarge();
        }

        var reader = context.Request.BodyReader;
        var lease = new Lease(messages.Budget, new PooledBuffer((int)Math.Min(announced ?? 0, StepBytes)));
        try
        {
            if (reader.TryRead(out var read) && Take(reader, read, lease, announced))
            {
                return lease;
            }

            // A read that is under way is woken, not cancelled, so that Kestrel can still read past what is left.
            var isLate = false;
            await using var timer = clock.CreateTimer(
                _ =>
                {
                    isLate = true;
                    reader.CancelPendingRead();
                },
                null,
                options.Value.MessageTimeout,
                Timeout.InfiniteTimeSpan);
            do
            {
                read = await reader.ReadAsync(context.RequestAborted);
                if (isLate)
                {
                    reader.AdvanceTo(read.Buffer.End);
                    throw new AwsException(new AwsError(
                        "RequestTimeoutException",
                        $"The request did not arrive within {options.Value.MessageTimeout.TotalSeconds} seconds (Broker:Gateway:{nameof(GatewayOptions.MessageTimeout)})."));
                }
            }
            while (!Take(reader, read, lease, announced));
            return lease;
        }
        catch (BadHttpRequestException exception)
        {
            lease.Dispose();
            throw new AwsException(new AwsError("SerializationException", null, exception.StatusCode));
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Takes what has come; holds no more for what was only announced than a few times that.</summary>
    /// <returns>True at the end.</returns>
    private static bool Take(PipeReader reader, ReadResult read, Lease lease, long? announced)
    {
        try
        {
            var bytes = read.Buffer.Length;
            var total = lease.Buffer.Length + bytes;
            if (total > MaxBytes)
            {
                throw TooLarge();
            }

            if (bytes > 0)
            {
                var room = Math.Max(total, Math.Min(announced ?? MaxBytes, 4 * total));
                lease.Hold(room);
                read.Buffer.CopyTo(lease.Buffer.GetSpan((int)(room - lease.Buffer.Length)));
                lease.Buffer.Advance((int)bytes);
            }

            return read.IsCompleted || total == announced;
        }
        finally
        {
            reader.AdvanceTo(read.Buffer.End);
        }
    }

    private static AwsException TooLarge() => new(new AwsError(
        "RequestEntityTooLargeException", $"The request has more than {MaxBytes} bytes, which is the most.", StatusCodes.Status413PayloadTooLarge));

    /// <summary>A body in memory, and its share of the budget.</summary>
    public sealed class Lease(InFlightBudget budget, PooledBuffer buffer) : IDisposable
    {
        private long held;

        public PooledBuffer Buffer { get; } = buffer;

        /// <summary>Small bodies pass freely: their number is bounded by that of the requests.</summary>
        public void Hold(long bytes)
        {
            if (bytes <= StepBytes || bytes <= held)
            {
                return;
            }

            var more = bytes - held;
            if (!budget.TryAcquire(more))
            {
                throw new AwsException(AwsErrors.ToError(
                    BrokerErrorCode.Overloaded,
                    $"Too many large requests are under way (Broker:Gateway:{nameof(GatewayOptions.MaxMessageBytesInFlight)}). Retry after a pause."));
            }

            held += more;
        }

        public void Dispose()
        {
            Buffer.Dispose();
            budget.Release(held);
            held = 0;
        }
    }
}
