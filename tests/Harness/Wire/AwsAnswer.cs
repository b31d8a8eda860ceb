using System.Net;
using System.Text;

namespace Broker.Tests.Harness.Wire;

/// <summary>An answer of the AWS endpoint, whole.</summary>
/// <param name="Protocol">The protocol of the request.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="ContentType">Its Content-Type; null when it has none.</param>
/// <param name="Headers">All headers, by lower-case names.</param>
/// <param name="Bytes">The body.</param>
public sealed record AwsAnswer(
    WireProtocol Protocol, HttpStatusCode Status, string? ContentType, IReadOnlyDictionary<string, string> Headers, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The body decoded; an empty map for an empty body.</summary>
    public IDictionary<string, object?> Body =>
        Bytes.Length == 0 ? new Dictionary<string, object?>() : (IDictionary<string, object?>)WireCodec.Decode(Protocol, Bytes)!;

    /// <summary>The error's name without a namespace; null for an answer without error.</summary>
    public string? Error => Body.TryGetValue("__type", out var type) ? ((string)type!).Split('#')[^1] : null;

    /// <summary>The error's message, whichever way it is spelled.</summary>
    public string? Message => (string?)(Body.TryGetValue("message", out var text) || Body.TryGetValue("Message", out text) ? text : null);
}
