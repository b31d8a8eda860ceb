using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Broker.Gateway.Auth.Signing;

namespace Broker.Cli.Client;

/// <summary>Signs each call with Signature Version 4 over method, path, host and time; messages are not covered (docs/security.md).</summary>
internal sealed class SigningHandler(ClientCredentials credentials, TimeProvider clock, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Payload = "UNSIGNED-PAYLOAD";
    private DayKey? newest;

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Sign(request);
        return base.SendAsync(request, cancellationToken);
    }

    private void Sign(HttpRequestMessage request)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var date = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{date[..8]}/{credentials.Region}/{SigningKey.Service}/{SigningKey.Terminator}";
        var (tokenHeader, tokenName) = credentials.SessionToken is { } token ? ($"x-amz-security-token:{token}\n", ";x-amz-security-token") : ("", "");
        var signed = $"host;x-amz-content-sha256;x-amz-date{tokenName}";
        var canonical = $"{request.Method}\n{request.RequestUri!.AbsolutePath}\n\n"
            + $"host:{request.RequestUri.Authority}\nx-amz-content-sha256:{Payload}\nx-amz-date:{date}\n{tokenHeader}\n{signed}\n{Payload}";
        var key = newest is { } known && known.Date == date[..8]
            ? known
            : newest = new DayKey(date[..8], SigningKey.Derive(credentials.SecretAccessKey, date[..8], credentials.Region, SigningKey.Service));
        Span<byte> signature = stackalloc byte[SigningKey.Bytes];
        SigningKey.Sign(key.Key, date, scope, SHA256.HashData(Encoding.UTF8.GetBytes(canonical)), signature);
        request.Headers.TryAddWithoutValidation("x-amz-date", date);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", Payload);
        if (credentials.SessionToken is not null)
        {
            request.Headers.TryAddWithoutValidation("x-amz-security-token", credentials.SessionToken);
        }

        request.Headers.TryAddWithoutValidation(
            "authorization",
            $"{SigningKey.Algorithm} Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={signed}, Signature={Convert.ToHexStringLower(signature)}");
    }

    private sealed record DayKey(string Date, byte[] Key);
}
