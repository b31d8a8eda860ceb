using Broker.Contracts.Streams;
using Broker.Gateway.Auth;
using Broker.Gateway.Auth.Keys;
using Broker.Gateway.Auth.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>The parts of authentication on a clock and a keys file of a test's own.</summary>
internal sealed class TestAuth : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("broker-auth-");

    public TestAuth(string? keys = null, AuthMode mode = AuthMode.On)
    {
        Options = new AuthOptions { Mode = mode, KeysFile = Path("keys.json") };
        Write("keys.json", keys ?? OneKey);
        Keys = new AccessKeys(Microsoft.Extensions.Options.Options.Create(Options), Identity, Clock, NullLogger<AccessKeys>.Instance);
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        Authenticator = new RequestAuthenticator(Keys, new SignatureVerifier(Keys, options, Identity, Clock), options, Identity, Clock);
    }

    public static string OneKey => $$"""{"keys": [{"accessKeyId": "{{SignedRequest.Id}}", "secretAccessKey": "{{SignedRequest.Secret}}", "user": "alice"}]}""";

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

    public BrokerIdentity Identity { get; } = new();

    public AuthOptions Options { get; }

    public AccessKeys Keys { get; }

    public RequestAuthenticator Authenticator { get; }

    public string Path(string name) => System.IO.Path.Combine(directory.FullName, name);

    /// <summary>Replaces a file at once, as careful editors and Kubernetes do.</summary>
    public void Write(string name, string text)
    {
        File.WriteAllText(Path($"{name}.new"), text);
        File.Move(Path($"{name}.new"), Path(name), overwrite: true);
    }

    public void Dispose()
    {
        Keys.Dispose();
        directory.Delete(recursive: true);
    }
}
