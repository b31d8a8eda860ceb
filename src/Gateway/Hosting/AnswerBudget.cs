using Broker.Contracts.Errors;
using Broker.Gateway.Appending;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Bounds what large answers hold together, and for how long: a client that asks and does not read holds nobody up. Thread-safe.</summary>
public sealed class AnswerBudget(IOptions<GatewayOptions> options, TimeProvider clock)
{
    /// <summary>Answers of up to this many bytes pass freely: their number is bounded by that of the calls.</summary>
    private const int SmallBytes = 64 * 1024;

    private readonly InFlightBudget budget = new(options.Value.MaxAnswerBytesInFlight);

    /// <summary>Holds an answer's bytes until its request ends, which it is made to when the client does not read in time.</summary>
    /// <exception cref="BrokerException">Overloaded.</exception>
    public void Hold(HttpContext http, long bytes)
    {
        if (bytes <= SmallBytes)
        {
            return;
        }

        if (!budget.TryAcquire(bytes))
        {
            throw new BrokerException(
                BrokerErrorCode.Overloaded,
                $"Too many large answers are under way (Broker:Gateway:{nameof(GatewayOptions.MaxAnswerBytesInFlight)}). Retry after a pause.");
        }

        http.Response.RegisterForDispose(new Held(
            budget, bytes, clock.CreateTimer(static state => ((HttpContext)state!).Abort(), http, options.Value.AnswerTimeout, Timeout.InfiniteTimeSpan)));
    }

    private sealed class Held(InFlightBudget budget, long bytes, ITimer timer) : IDisposable
    {
        public void Dispose()
        {
            timer.Dispose();
            budget.Release(bytes);
        }
    }
}
