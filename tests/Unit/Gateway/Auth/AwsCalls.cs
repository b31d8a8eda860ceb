using System.Text;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>Signed calls of the AWS protocol, in JSON.</summary>
internal sealed class AwsCalls(Uri server) : IDisposable
{
    private readonly HttpClient http = new();

    public string AccessKeyId { get; set; } = SignedRequest.Id;

    public string SecretKey { get; set; } = SignedRequest.Secret;

    /// <summary>The text of the answer, whatever its status.</summary>
    public async Task<string> SendAsync(string operation, string json)
    {
        var signed = new SignedRequest
        {
            Host = server.Authority,
            Body = Encoding.UTF8.GetBytes(json),
            Time = DateTime.UtcNow,
            AccessKeyId = AccessKeyId,
            SecretKey = SecretKey,
        };
        signed.Headers.Add(("content-type", "application/x-amz-json-1.1"));
        signed.Headers.Add(("x-amz-target", $"Kinesis_20131202.{operation}"));
        using var request = signed.ToMessage(signed.WithHeader(), new Version(1, 1));
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    public void Dispose() => http.Dispose();
}
