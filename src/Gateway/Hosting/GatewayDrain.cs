using Broker.Contracts.Errors;
using Broker.Gateway.Errors;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace Broker.Gateway.Hosting;

/// <summary>Ends long calls when the process is told to stop: they stop reading, answer what is in flight, and end with UNAVAILABLE.</summary>
public sealed class GatewayDrain(IHostApplicationLifetime lifetime)
{
    /// <summary>Cancelled when the process is told to stop.</summary>
    public CancellationToken Draining => lifetime.ApplicationStopping;

    public static RpcException Stopping() =>
        BrokerErrors.ToRpcException(BrokerErrorCode.Unavailable, "This gateway is stopping; connect again.");
}
