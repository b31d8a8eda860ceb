using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Kcl.Connection;

/// <summary>Signs each call over method, path, host and time; its messages are not covered.</summary>
internal sealed class SigningHandler(BrokerCredentials credentials, TimeProvider clock, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string Payload = "UNSIGNED-PAYLOAD";
    private const string Service = "kinesis";
    private const string Terminator = "aws4_request";

    private DayKey? newest;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Sign(request);
        return base.SendAsync(request, cancellationToken);
    }

    private void Sign(HttpRequestMessage request)
    {
        var time = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{time[..8]}/{credentials.Region}/{Service}/{Terminator}";
        var (tokenHeader, tokenName) = credentials.SessionToken is { } token ? ($"x-amz-security-token:{token}\n", ";x-amz-security-token") : ("", "");
        var signed = $"host;x-amz-content-sha256;x-amz-date{tokenName}";
        var canonical = $"{request.Method}\n{request.RequestUri!.AbsolutePath}\n\n"
            + $"host:{request.RequestUri.Authority}\nx-amz-content-sha256:{Payload}\nx-amz-date:{time}\n{tokenHeader}\n{signed}\n{Payload}";
        var toSign = $"{Algorithm}\n{time}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = newest is { } known && known.Date == time[..8] ? known.Key : Derive(time[..8]);
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)));
        request.Headers.TryAddWithoutValidation("x-amz-date", time);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", Payload);
        if (credentials.SessionToken is not null)
        {
            request.Headers.TryAddWithoutValidation("x-amz-security-token", credentials.SessionToken);
        }

        request.Headers.TryAddWithoutValidation(
            "authorization", $"{Algorithm} Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={signed}, Signature={signature}");
    }

    /// <summary>The key of a day: four hashes that its calls need not do again.</summary>
    private byte[] Derive(string date)
    {
        var key = Encoding.UTF8.GetBytes($"AWS4{credentials.SecretAccessKey}");
        foreach (var part in new[] { date, credentials.Region, Service, Terminator })
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        newest = new DayKey(date, key);
        return key;
    }

    private sealed record DayKey(string Date, byte[] Key);
}
