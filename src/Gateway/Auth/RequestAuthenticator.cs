using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth.Keys;
using Broker.Gateway.Auth.Signing;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Auth;

/// <summary>Finds out who makes a request, from its Signature Version 4. Called for every request, from any thread.</summary>
public sealed class RequestAuthenticator(
    AccessKeys keys, SignatureVerifier verifier, IOptions<AuthOptions> options, BrokerIdentity identity, TimeProvider clock)
{
    /// <summary>Callers that are kept for their access keys while signatures are not looked at; more are made anew for each request.</summary>
    private const int MaxKnown = 1_024;

    private readonly bool isOn = options.Value.Mode == AuthMode.On;
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

        return isOn ? Verify(request, presented, body, hasBody: true) : Presume(presented.AccessKeyId);
    }

    /// <inheritdoc cref="Authenticate(HttpRequest, ReadOnlySpan{byte})"/>
    public AuthenticationResult Authenticate(HttpRequest request, in ReadOnlySequence<byte> body) =>
        Authenticate(request, body.IsSingleSegment ? body.FirstSpan : body.ToArray());

    /// <summary>Judges a gRPC call by its headers alone, before its messages are read: a signature that covers no body, or a client certificate.</summary>
    internal AuthenticationResult AuthenticateCall(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0 && context.Connection.ClientCertificate is { } certificate)
        {
            var now = clock.GetUtcNow();
            return keys.FindCertificate(certificate.GetCertHashString(HashAlgorithmName.SHA256)) is { IsEnabled: true } known
                ? known.Expires <= now || certificate.NotAfter.ToUniversalTime() < now.UtcDateTime
                    ? AuthenticationFault.ExpiredKey
                    : CallerOf(context, known.Principal, "")
                : AuthenticationFault.UnknownKey;
        }

        return PresentedSignature.Read(context.Request, out var presented) is { } fault ? fault : Verify(context.Request, presented, [], hasBody: false);
    }

    private AuthenticationResult Verify(HttpRequest request, in PresentedSignature presented, ReadOnlySpan<byte> body, bool hasBody) =>
        verifier.Verify(request, presented, body, hasBody, out var key) is { } fault ? fault : CallerOf(request.HttpContext, key!.Principal, key.Id);

    private static Caller CallerOf(HttpContext context, Principal principal, string accessKeyId) => new(principal.AccountId, principal.Arn, accessKeyId)
    {
        Principal = principal,
        SourceAddress = context.Connection.RemoteIpAddress,

        // Not the scheme: over HTTP/2 the client says what it likes.
        IsSecure = context.Features.Get<ITlsHandshakeFeature>() is not null,
    };

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
