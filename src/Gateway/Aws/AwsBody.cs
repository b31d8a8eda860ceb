using System.Buffers;
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

        var lease = new Lease(messages.Budget, new PooledBuffer((int)(announced ?? 0) + 1));
        try
        {
            lease.Hold(announced ?? 0);
            if (TryReadAtOnce(context, lease.Buffer))
            {
                return lease;
            }

            using var late = new CancellationTokenSource(options.Value.MessageTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
            try
            {
                while (true)
                {
                    // One byte more than announced: Kestrel then ends the body without another read.
                    var room = announced is { } length ? (int)length - lease.Buffer.Length + 1 : StepBytes;
                    var count = await context.Request.Body.ReadAsync(lease.Buffer.GetMemory(room), either.Token);
                    if (count == 0)
                    {
                        return lease;
                    }

                    lease.Buffer.Advance(count);
                    if (lease.Buffer.Length > MaxBytes)
                    {
                        throw TooLarge();
                    }

                    lease.Hold(lease.Buffer.Length);
                }
            }
            catch (OperationCanceledException) when (late.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                throw new AwsException(new AwsError(
                    "RequestTimeoutException",
                    $"The request did not arrive within {options.Value.MessageTimeout.TotalSeconds} seconds (Broker:Gateway:{nameof(GatewayOptions.MessageTimeout)})."));
            }
            catch (BadHttpRequestException exception)
            {
                throw new AwsException(new AwsError("SerializationException", null, exception.StatusCode));
            }
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Most bodies are there with their heads: they need no timer.</summary>
    private static bool TryReadAtOnce(HttpContext context, PooledBuffer buffer)
    {
        var reader = context.Request.BodyReader;
        if (context.Request.ContentLength is not (> 0 and <= StepBytes and var length) || !reader.TryRead(out var read))
        {
            return false;
        }

        if (read.Buffer.Length < length)
        {
            reader.AdvanceTo(read.Buffer.Start);
            return false;
        }

        read.Buffer.CopyTo(buffer.GetSpan((int)length));
        buffer.Advance((int)length);
        reader.AdvanceTo(read.Buffer.End);
        return true;
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

            // In steps that double, so that a body of unknown length asks a few times only.
            var more = Math.Max(bytes, held * 2) - held;
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
