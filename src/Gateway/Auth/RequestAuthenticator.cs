using System.Buffers;
using System.Collections.Concurrent;
using Broker.Contracts.Streams;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Auth;

/// <summary>Finds out who makes a request, from its Signature Version 4. Called for every request, from any thread.</summary>
public sealed class RequestAuthenticator(BrokerIdentity identity)
{
    /// <summary>Callers that are kept for their access keys while signatures are not looked at; more are made anew for each request.</summary>
    private const int MaxKnown = 1_024;

    private readonly ConcurrentDictionary<string, Caller> known = new(StringComparer.Ordinal);

    /// <summary>Judges a request of the AWS protocols: header or query form, the body hashed where the signature covers it.</summary>
    /// <param name="request">The request; its body is not touched.</param>
    /// <param name="body">The whole body as it came.</param>
    /// <remarks>Without authentication any credentials pass, but a request without them, or with a malformed header, is refused as AWS does.</remarks>
    public AuthenticationResult Authenticate(HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (PresentedSignature.Read(request, out var presented) is { } fault)
        {
            return fault;
        }

        return Presume(presented.AccessKeyId);
    }

    /// <inheritdoc cref="Authenticate(HttpRequest, ReadOnlySpan{byte})"/>
    public AuthenticationResult Authenticate(HttpRequest request, in ReadOnlySequence<byte> body) =>
        Authenticate(request, body.IsSingleSegment ? body.FirstSpan : body.ToArray());

    private Caller Presume(ReadOnlySpan<char> accessKeyId)
    {
        if (known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(accessKeyId, out var caller))
        {
            return caller;
        }

        caller = new Caller(identity.AccountId, $"arn:aws:iam::{identity.AccountId}:root", accessKeyId.ToString());
        return known.Count < MaxKnown ? known.GetOrAdd(caller.AccessKeyId, caller) : caller;
    }
}
