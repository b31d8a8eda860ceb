using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Broker.Tests.Api;

/// <summary>Signs gRPC calls as docs/security.md tells a client of any language to, from that page alone.</summary>
internal sealed class SignedCalls(string accessKeyId, string secret) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var date = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{date[..8]}/us-east-1/kinesis/aws4_request";
        var canonical = $"POST\n{request.RequestUri!.AbsolutePath}\n\nhost:{request.RequestUri.Authority}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:{date}\n\n"
            + "host;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD";
        var text = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes($"AWS4{secret}");
        foreach (var part in scope.Split('/').Append(text))
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        request.Headers.TryAddWithoutValidation("x-amz-date", date);
        request.Headers.TryAddWithoutValidation("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
        request.Headers.TryAddWithoutValidation(
            "authorization",
            $"AWS4-HMAC-SHA256 Credential={accessKeyId}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={Convert.ToHexStringLower(key)}");
        return base.SendAsync(request, cancellationToken);
    }
}
