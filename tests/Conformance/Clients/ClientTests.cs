using Xunit;

namespace Broker.Tests.Conformance.Clients;

/// <summary>Unmodified AWS clients judge the broker: each operation by an effect that is read back, each error by the client's own class.</summary>
[Collection("conformance")]
public sealed class ClientTests(ConformanceFixture conformance)
{
    [ClientTheory("js-h2")]
    [MemberData(nameof(Subjects.OfJavaScript), MemberType = typeof(Subjects))]
    public Task JavaScriptOverHttp2(string subject) => WorksAsync("js-h2", subject);

    [ClientTheory("js-h1")]
    [MemberData(nameof(Subjects.OfJavaScript), MemberType = typeof(Subjects))]
    public Task JavaScriptOverHttp1(string subject) => WorksAsync("js-h1", subject);

    [ClientTheory("js-cbor")]
    [MemberData(nameof(Subjects.OfJavaScript), MemberType = typeof(Subjects))]
    public Task JavaScriptOverRpcV2Cbor(string subject) => WorksAsync("js-cbor", subject);

    [ClientTheory("boto3")]
    [MemberData(nameof(Subjects.OfBoto3), MemberType = typeof(Subjects))]
    public Task Boto3(string subject) => WorksAsync("boto3", subject);

    [ClientTheory("cli")]
    [MemberData(nameof(Subjects.OfCli), MemberType = typeof(Subjects))]
    public Task CommandLine(string subject) => WorksAsync("cli", subject);

    private async Task WorksAsync(string client, string subject)
    {
        var run = await conformance.RunOf(client);
        var results = run.Of(subject).ToList();
        Assert.True(results.Count > 0, $"{run.Client.Title} checked nothing of {subject}. {run.Fault}");
        foreach (var result in results)
        {
            Assert.True(
                result.Result == "ok" || (result.Result == "unsupported" && !run.Client.HasEveryOperation),
                $"{result.Check}: {result.Result}\n{result.Detail}");
        }
    }
}
