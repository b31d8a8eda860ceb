using Broker.Gateway.Auth;
using Broker.Gateway.Auth.Keys;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth.Keys;

/// <summary>The keys file: what may stand in it, that it is read again, and that a faulty one does not lock everybody out.</summary>
public sealed class AccessKeysTests
{
    private const string Variable = "BROKER_TEST_ACCESS_KEYS_SECRET";

    [Fact]
    public void Keys_come_and_go_while_the_server_runs()
    {
        using var auth = new TestAuth();
        Assert.True(IsGood(auth, SignedRequest.Id));
        auth.Write("keys.json", """{"keys": [{"accessKeyId": "NEW", "secretAccessKey": "s", "user": "bob"}]}""");
        Assert.True(IsGood(auth, SignedRequest.Id));
        Assert.True(auth.Keys.Reload());
        Assert.False(IsGood(auth, SignedRequest.Id));
        Assert.True(IsGood(auth, "NEW", "s"));
    }

    [Fact]
    public async Task They_are_read_again_at_their_interval()
    {
        using var auth = new TestAuth();
        await auth.Keys.StartAsync(default);
        auth.Write("keys.json", """{"keys": [{"accessKeyId": "NEW", "secretAccessKey": "s", "user": "bob"}]}""");
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!IsGood(auth, "NEW", "s"))
        {
            Assert.True(DateTime.UtcNow < deadline, "The keys were not read again.");
            auth.Clock.Advance(auth.Options.KeysPollInterval);
            await Task.Yield();
        }

        await auth.Keys.StopAsync(default);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"keys": [{"accessKeyId": "A", "user": "bob"}]}""")]
    [InlineData("")]
    public void A_faulty_file_leaves_the_last_good_keys_in_force(string text)
    {
        using var auth = new TestAuth();
        auth.Write("keys.json", text);
        Assert.False(auth.Keys.Reload());
        Assert.True(IsGood(auth, SignedRequest.Id));
        File.Delete(auth.Path("keys.json"));
        Assert.False(auth.Keys.Reload());
        Assert.True(IsGood(auth, SignedRequest.Id));
    }

    [Fact]
    public void A_secret_may_be_in_a_file_or_in_the_environment()
    {
        Environment.SetEnvironmentVariable(Variable, "from-environment");
        using var auth = new TestAuth();
        auth.Write("secret", "from-file\n");
        auth.Write("keys.json", $$"""
            {"keys": [
                {"accessKeyId": "FILE", "secretAccessKeyFile": "secret", "user": "a"},
                {"accessKeyId": "ENV", "secretAccessKeyVariable": "{{Variable}}", "user": "b"}, // a comment
            ]}
            """);
        Assert.True(auth.Keys.Reload());
        Assert.True(IsGood(auth, "FILE", "from-file"));
        Assert.True(IsGood(auth, "ENV", "from-environment"));
        auth.Write("secret", "rotated");
        Assert.True(auth.Keys.Reload());
        Assert.False(IsGood(auth, "FILE", "from-file"));
        Assert.True(IsGood(auth, "FILE", "rotated"));
    }

    [Fact]
    public void A_key_may_be_switched_off_and_may_expire()
    {
        using var auth = new TestAuth("""
            {"keys": [
                {"accessKeyId": "OFF", "secretAccessKey": "s", "user": "a", "enabled": false},
                {"accessKeyId": "SOON", "secretAccessKey": "s", "user": "a", "expires": "2015-08-30T12:37:00Z"}
            ]}
            """);
        Assert.Equal("UnrecognizedClientException", Judge(auth, "OFF", "s").Fault?.Type);
        Assert.True(IsGood(auth, "SOON", "s"));
        auth.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("ExpiredTokenException", Judge(auth, "SOON", "s").Fault?.Type);
    }

    [Fact]
    public void A_key_of_the_settings_may_do_everything()
    {
        using var auth = new TestAuth();
        auth.Options.AccessKeyId = "ROOT";
        auth.Options.SecretAccessKey = "s";
        Assert.True(auth.Keys.Reload());
        Assert.Equal("arn:aws:iam::000000000000:root", Judge(auth, "ROOT", "s").Caller?.PrincipalArn);
    }

    [Fact]
    public void All_faults_are_told_at_once_and_none_tells_a_secret()
    {
        using var auth = new TestAuth();
        auth.Write("keys.json", """
            {"keys": [
                {"accessKeyId": "A", "secretAccessKey": "hunter2", "secretAccessKeyFile": "x", "user": "a"},
                {"accessKeyId": "B C", "secretAccessKey": "hunter2", "user": "a"},
                {"accessKeyId": "C", "secretAccessKey": "hunter2"},
                {"accessKeyId": "D", "secretAccessKey": "hunter2", "principalArn": "alice"},
                {"accessKeyId": "E", "secretAccessKeyVariable": "BROKER_TEST_NO_SUCH_VARIABLE", "user": "a"},
                {"accessKeyId": "F", "secretAccessKey": "hunter2", "user": "a"},
                {"accessKeyId": "F", "secretAccessKey": "hunter2", "user": "a"},
                {"accessKeyId": "G", "secretAccessKey": "hunter2", "user": "a", "policies": [{"Statement": {"Effect": "Maybe"}}]}
            ], "certificates": [{"sha256": "12", "user": "a"}]}
            """);
        KeysFile.Read(auth.Options, auth.Identity, out var faults);
        Assert.Equal(8, faults.Count);
        Assert.DoesNotContain(faults, static fault => fault.Contains("hunter2", StringComparison.Ordinal));
        Assert.All(new[] { "keys[0]", "'B C'", "keys[2]", "keys[3]", "keys[4] has no secret", "'F', which another", "keys[7]: policies[0]: Statement[0].Effect", "certificates[0].sha256" },
            text => Assert.Contains(faults, fault => fault.Contains(text, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"keys": [{"accessKeyID": "A", "secret": "hunter2"}]}""")]
    [InlineData("""{"keys": [], "keys": []}""")]
    [InlineData("hunter2")]
    public void A_member_that_is_not_known_is_refused(string text)
    {
        using var auth = new TestAuth();
        auth.Write("keys.json", text);
        KeysFile.Read(auth.Options, auth.Identity, out var faults);
        Assert.Contains("is no keys file", Assert.Single(faults), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", faults[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://0.0.0.0:4567", "", AuthMode.Auto, "Give --auth on")]
    [InlineData("http://127.0.0.1:4567", "https://0.0.0.0:4568", AuthMode.Auto, "Broker:Tls:Listen is 'https://0.0.0.0:4568', which is beyond loopback")]
    [InlineData("http://0.0.0.0:4567", "", AuthMode.None, null)]
    [InlineData("http://[::1]:4567", "", AuthMode.Auto, null)]
    [InlineData("http://127.0.0.1:4567", "", AuthMode.On, "there is no key that a caller could have")]
    public void Beyond_loopback_it_must_be_said_who_may_call(string listen, string second, AuthMode mode, string? fault)
    {
        var faults = new AuthOptions { Mode = mode }.Faults(new GatewayOptions { Listen = listen }, new(), new TlsOptions { Listen = second }).ToList();
        if (fault is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(fault, Assert.Single(faults), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Settings_that_do_not_fit_are_told_at_once() => Assert.Equal(
        3,
        new AuthOptions { Mode = AuthMode.On, AccessKeyId = "A", KeysPollInterval = default, ClockSkew = default }
            .Faults(new GatewayOptions(), new(), new TlsOptions()).Count());

    private static bool IsGood(TestAuth auth, string id, string secret = SignedRequest.Secret) => Judge(auth, id, secret).IsAuthenticated;

    private static AuthenticationResult Judge(TestAuth auth, string id, string secret) => auth.Authenticator.Authenticate(
        new SignedRequest { AccessKeyId = id, SecretKey = secret, Time = auth.Clock.GetUtcNow().UtcDateTime }.WithHeader(), []);
}
