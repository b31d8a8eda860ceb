using Broker.Gateway.Auth;
using Broker.Gateway.Aws.Protocols;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws;

/// <summary>One request of an AWS client on its way through an operation.</summary>
/// <param name="Http">The request; its answer is written by whoever the operation's base says.</param>
/// <param name="Protocol">How it is written, and how its answer is to be.</param>
/// <param name="Operation">AWS's name.</param>
/// <param name="Caller">Who sent it.</param>
/// <param name="Body">The whole body; readers may change it. Given back when the call ends.</param>
/// <param name="RetryIdentity">The same for each attempt of one call of a client's; null where the client tells no attempts apart.</param>
internal sealed record AwsCall(
    HttpContext Http, AwsProtocol Protocol, string Operation, Caller Caller, Memory<byte> Body, RetryIdentity? RetryIdentity)
{
    public CancellationToken Cancellation => Http.RequestAborted;
}
