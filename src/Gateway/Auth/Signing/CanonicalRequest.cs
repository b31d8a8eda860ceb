using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Broker.Gateway.Auth.Signing;

/// <summary>A request in Signature Version 4's canonical form, of which the hash is signed.</summary>
internal static class CanonicalRequest
{
    private const string Authority = ":authority";

    /// <summary>Hashes the canonical form.</summary>
    /// <param name="request">The request as it came.</param>
    /// <param name="signedHeaders">The names of the headers that are signed, lower case, separated by semicolons.</param>
    /// <param name="payloadHash">The hash of the body in hexadecimal, or what stands in its place.</param>
    /// <param name="encodePathAgain">Whether the path is encoded once more; clients differ where it has characters to encode.</param>
    /// <param name="hash">Takes 32 bytes.</param>
    public static void Hash(HttpRequest request, ReadOnlySpan<char> signedHeaders, ReadOnlySpan<char> payloadHash, bool encodePathAgain, Span<byte> hash)
    {
        var (path, query) = Target(request);
        var text = new ArrayBufferWriter<byte>(1024);
        Line(text, request.Method);
        Line(text, CanonicalUri.Path(path, encodePathAgain));
        Line(text, CanonicalUri.Query(query));
        foreach (var range in signedHeaders.Split(';'))
        {
            var name = signedHeaders[range];
            Append(text, name);
            Append(text, ":");
            Values(text, name is Authority ? request.Headers.Host : request.Headers[name.ToString()]);
            Append(text, "\n");
        }

        Append(text, "\n");
        Line(text, signedHeaders);
        Append(text, payloadHash);
        SHA256.HashData(text.WrittenSpan, hash);
    }

    /// <summary>Whether a name is among those that are signed.</summary>
    public static bool Signs(ReadOnlySpan<char> signedHeaders, ReadOnlySpan<char> name)
    {
        foreach (var range in signedHeaders.Split(';'))
        {
            if (signedHeaders[range].Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the name of the server is signed: without it, a request could be played to another.</summary>
    public static bool SignsHost(ReadOnlySpan<char> signedHeaders) => Signs(signedHeaders, "host") || Signs(signedHeaders, Authority);

    private static (string Path, string Query) Target(HttpRequest request)
    {
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (target is not ['/', ..])
        {
            return (request.Path.ToUriComponent(), request.QueryString.HasValue ? request.QueryString.Value![1..] : "");
        }

        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (target, "") : (target[..mark], target[(mark + 1)..]);
    }

    private static void Values(ArrayBufferWriter<byte> text, StringValues values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
            {
                Append(text, ",");
            }

            Collapsed(text, values[i].AsSpan().Trim());
        }
    }

    /// <summary>Runs of spaces count as one.</summary>
    private static void Collapsed(ArrayBufferWriter<byte> text, ReadOnlySpan<char> value)
    {
        while (value.IndexOf("  ") is >= 0 and var run)
        {
            Append(text, value[..(run + 1)]);
            value = value[run..].TrimStart(' ');
        }

        Append(text, value);
    }

    private static void Line(ArrayBufferWriter<byte> text, ReadOnlySpan<char> part)
    {
        Append(text, part);
        Append(text, "\n");
    }

    private static void Append(ArrayBufferWriter<byte> text, ReadOnlySpan<char> part) => Encoding.UTF8.GetBytes(part, text);
}
