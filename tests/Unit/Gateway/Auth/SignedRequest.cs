using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>A request and a signer of its own, written from AWS's documentation and sharing nothing with the code under test.</summary>
internal sealed class SignedRequest
{
    public const string Id = "AKIDEXAMPLE";
    public const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    public string Method { get; set; } = "POST";

    /// <summary>As it goes over the wire.</summary>
    public string Path { get; set; } = "/";

    /// <summary>As they go over the wire, without the signature's own.</summary>
    public List<(string Name, string Value)> Query { get; } = [];

    public List<(string Name, string Value)> Headers { get; } = [];

    public byte[] Body { get; set; } = [];

    public string Host { get; set; } = "127.0.0.1:4567";

    public DateTime Time { get; set; } = new(2015, 8, 30, 12, 36, 0, DateTimeKind.Utc);

    public string Region { get; set; } = "us-east-1";

    public string Service { get; set; } = "kinesis";

    public string AccessKeyId { get; set; } = Id;

    public string SecretKey { get; set; } = Secret;

    /// <summary>The name under which the host is signed: host, or :authority over HTTP/2.</summary>
    public string HostName { get; set; } = "host";

    /// <summary>What is signed in the place of the body's hash.</summary>
    public string? Payload { get; set; }

    /// <summary>Headers that are sent and not signed.</summary>
    public List<(string Name, string Value)> Unsigned { get; } = [];

    /// <summary>Signs in the Authorization header.</summary>
    public HttpRequest WithHeader()
    {
        var date = Time.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        if (!Headers.Exists(static header => header.Name == "date"))
        {
            Headers.Add(("x-amz-date", date));
        }

        var names = SignedNames();
        var signature = Sign(date, names, Query);
        Unsigned.Add(("Authorization", $"AWS4-HMAC-SHA256 Credential={AccessKeyId}/{Scope(date)}, SignedHeaders={names}, Signature={signature}"));
        return Build(Query);
    }

    /// <summary>Signs in the query, as presigned URLs are.</summary>
    public HttpRequest WithQuery(int? expires = 300)
    {
        var date = Time.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var names = SignedNames();
        Query.Add(("X-Amz-Algorithm", "AWS4-HMAC-SHA256"));
        Query.Add(("X-Amz-Credential", Uri.EscapeDataString($"{AccessKeyId}/{Scope(date)}")));
        Query.Add(("X-Amz-Date", date));
        if (expires is { } seconds)
        {
            Query.Add(("X-Amz-Expires", seconds.ToString(CultureInfo.InvariantCulture)));
        }

        Query.Add(("X-Amz-SignedHeaders", Uri.EscapeDataString(names)));
        var signature = Sign(date, names, Query);
        return Build([.. Query, ("X-Amz-Signature", signature)]);
    }

    /// <summary>The same request for an <see cref="HttpClient"/>; call it after signing, with what that returned.</summary>
    public HttpRequestMessage ToMessage(HttpRequest signed, Version version)
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri($"http://{Host}{Path}{signed.QueryString}"))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Body),
        };
        foreach (var (name, value) in Headers.Concat(Unsigned))
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return message;
    }

    private string Scope(string date) => $"{date[..8]}/{Region}/{Service}/aws4_request";

    private string SignedNames() => string.Join(';', Headers.Select(static header => header.Name).Append(HostName).Distinct().Order(StringComparer.Ordinal));

    private string Sign(string date, string names, List<(string Name, string Value)> query)
    {
        var headers = names.Split(';').Select(name => name == HostName
            ? $"{name}:{Host}\n"
            : $"{name}:{string.Join(',', Headers.Where(header => header.Name == name).Select(static header => string.Join(' ', header.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))))}\n");
        var parameters = query.OrderBy(static pair => pair.Name, StringComparer.Ordinal).ThenBy(static pair => pair.Value, StringComparer.Ordinal);
        var canonical = string.Join('\n',
            Method,
            Path.Replace("%", "%25", StringComparison.Ordinal),
            string.Join('&', parameters.Select(static pair => $"{pair.Name}={pair.Value}")),
            string.Concat(headers),
            names,
            Payload ?? Hex(SHA256.HashData(Body)));
        var text = $"AWS4-HMAC-SHA256\n{date}\n{Scope(date)}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in new[] { date[..8], Region, Service, "aws4_request", text })
        {
            using var hmac = new HMACSHA256(key);
            key = hmac.ComputeHash(Encoding.UTF8.GetBytes(part));
        }

        return Hex(key);
    }

    private HttpRequest Build(IEnumerable<(string Name, string Value)> query)
    {
        var context = new DefaultHttpContext();
        var request = context.Request;
        request.Method = Method;
        request.Host = new HostString(Host);
        request.Path = Uri.UnescapeDataString(Path);
        var text = string.Join('&', query.Select(static pair => $"{pair.Name}={pair.Value}"));
        request.QueryString = new QueryString(text.Length == 0 ? "" : $"?{text}");
        context.Features.Get<IHttpRequestFeature>()!.RawTarget = $"{Path}{request.QueryString}";
        foreach (var (name, value) in Headers.Concat(Unsigned))
        {
            request.Headers.Append(name, value);
        }

        return request;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
}
