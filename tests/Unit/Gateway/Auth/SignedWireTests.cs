using System.Globalization;
using System.Net;
using Broker.Gateway.Auth;
using Broker.Gateway.Hosting;
using Broker.Gateway.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>Signatures over a real connection: what HTTP/1.1 and HTTP/2 make of a request's headers is what was signed.</summary>
public sealed class SignedWireTests
{
    [Theory]
    [InlineData("1.1", "host", false)]
    [InlineData("2.0", "host", false)]
    [InlineData("2.0", ":authority", false)]
    [InlineData("1.1", "host", true)]
    [InlineData("2.0", ":authority", true)]
    public async Task What_was_signed_is_what_arrives(string version, string hostName, bool isQuery)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Broker:Gateway:Listen"] = "http://127.0.0.1:0",
            ["Broker:Auth:Mode"] = "On",
            ["Broker:Auth:AccessKeyId"] = SignedRequest.Id,
            ["Broker:Auth:SecretAccessKey"] = SignedRequest.Secret,
        });
        builder.Services.AddSingleton<IBrokerGrains>(new FakeCluster(1));
        builder.AddBrokerGateway();
        await using var application = builder.Build();
        application.Map("/signed/{**rest}", static async (HttpRequest request, RequestAuthenticator authenticator) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            var result = authenticator.Authenticate(request, body.ToArray());
            return result.Caller?.PrincipalArn ?? result.Fault!.Message;
        });
        await application.StartAsync();
        var signed = new SignedRequest
        {
            Host = new Uri(application.Urls.First()).Authority,
            HostName = hostName,
            Path = "/signed/Kinesis_20131202/a%20b",
            Body = [1, 2, 3],
            Time = DateTime.UtcNow,
        };
        signed.Query.Add(("x", "%2F%26%20~"));
        signed.Headers.Add(("content-type", "application/x-amz-cbor-1.1"));
        signed.Headers.Add(("content-length", signed.Body.Length.ToString(CultureInfo.InvariantCulture)));
        signed.Headers.Add(("x-amz-target", "Kinesis_20131202.ListStreams"));
        signed.Headers.Add(("x-amz-user-agent", "aws-sdk-js/3  ua/2.1 os/linux"));
        using var http = new HttpClient();
        using var request = signed.ToMessage(isQuery ? signed.WithQuery() : signed.WithHeader(), Version.Parse(version));
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("arn:aws:iam::000000000000:root", await answer.Content.ReadAsStringAsync());
    }
}
