using Broker.Gateway.Appending;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Hosting;

/// <summary>Bounds what the messages of all requests, of every protocol, hold together while they arrive and are handled.</summary>
internal sealed class MessageBudget(IOptions<GatewayOptions> options)
{
    public InFlightBudget Budget { get; } = new(options.Value.MaxMessageBytesInFlight);
}
