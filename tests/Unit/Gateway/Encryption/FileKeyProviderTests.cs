using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Broker.Gateway.Encryption.MasterKeys;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Encryption;

public sealed class FileKeyProviderTests : IDisposable
{
    private const string Id = "1f0d61a5-6d0c-4f3e-9f6b-1b1b7c9a2a01";
    private const string Arn = "arn:aws:kms:us-east-1:000000000000:";
    private static readonly string Material = Convert.ToBase64String(new byte[32]);
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("broker-keys-");
    private readonly FakeTimeProvider time = new();

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [InlineData(Id)]
    [InlineData("alias/orders")]
    [InlineData(Arn + "key/" + Id)]
    [InlineData(Arn + "alias/orders")]
    public async Task A_key_is_found_by_each_of_its_names(string name)
    {
        var provider = Open(new EncryptionOptions { Keys = Document(Key()) });
        Assert.Equal(Id, await provider.ResolveAsync(name, default));
        var key = await provider.GenerateAsync(name, "context", default);
        Assert.Equal(Id, key.MasterKeyId);
        var plain = await provider.UnwrapAsync(key.MasterKeyId, key.Wrapped.AsMemory(), "context", default);
        Assert.Equal(32, plain.Length);
        Assert.Equal(-1, key.Wrapped.AsSpan().IndexOf(plain));
        Assert.Equal(plain, await provider.UnwrapAsync(key.MasterKeyId, key.Wrapped.AsMemory(), "context", default));
    }

    [Theory]
    [InlineData("no-such-key")]
    [InlineData("orders")]
    [InlineData("alias/other")]
    [InlineData("aws/kinesis")]
    [InlineData("alias/aws/kinesis")]
    [InlineData(Arn + "key/no-such-key")]
    [InlineData(Arn + "alias/other")]
    [InlineData("arn:aws:kms:us-east-1:111111111111:key/" + Id)]
    [InlineData("arn:aws:kms:eu-west-1:000000000000:alias/orders")]
    [InlineData("arn:aws:s3:us-east-1:000000000000:key/" + Id)]
    public async Task A_name_that_is_no_keys_is_not_found(string name) =>
        await FailsAsync(BrokerErrorCode.KmsNotFound, async () => await Open(new EncryptionOptions { Keys = Document(Key()) }).ResolveAsync(name, default));

    [Theory]
    [InlineData("Disabled", BrokerErrorCode.KmsDisabled)]
    [InlineData("PendingDeletion", BrokerErrorCode.KmsInvalidState)]
    [InlineData("Unavailable", BrokerErrorCode.KmsInvalidState)]
    public async Task A_key_that_may_not_be_used_says_so_wherever_it_is_needed(string state, BrokerErrorCode code)
    {
        var path = Write(Document(Key()));
        var provider = Open(new EncryptionOptions { KeyFile = path });
        var key = await provider.GenerateAsync(Id, "c", default);
        Write(Document(Key(state)));
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(code, async () => await provider.ResolveAsync("alias/orders", default));
        await FailsAsync(code, async () => await provider.GenerateAsync(Id, "c", default));
        await FailsAsync(code, async () => await provider.UnwrapAsync(Id, key.Wrapped.AsMemory(), "c", default));
        Write(Document(Key()));
        time.Advance(TimeSpan.FromSeconds(1));
        await provider.UnwrapAsync(Id, key.Wrapped.AsMemory(), "c", default);
    }

    [Fact]
    public async Task A_file_that_is_gone_takes_its_keys_and_one_half_written_does_not()
    {
        var path = Write(Document(Key()));
        var provider = Open(new EncryptionOptions { KeyFile = path });
        await provider.ResolveAsync(Id, default);
        Write("{ \"keys\": [");
        time.Advance(TimeSpan.FromSeconds(1));
        await provider.ResolveAsync(Id, default);
        File.Delete(path);
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(BrokerErrorCode.KmsNotFound, async () => await provider.ResolveAsync(Id, default));
    }

    [Fact]
    public async Task A_wrapped_key_opens_under_its_own_master_key_and_context_alone()
    {
        var provider = Open(new EncryptionOptions { KeyFile = Write(Document(Key())) });
        var key = await provider.GenerateAsync(Id, "one", default);
        await FailsAsync(BrokerErrorCode.KmsInvalidState, async () => await provider.UnwrapAsync(Id, key.Wrapped.AsMemory(), "other", default));
        foreach (var index in new[] { 0, 5, 20, 60 })
        {
            var bytes = key.Wrapped.ToArray();
            bytes[index] ^= 1;
            await FailsAsync(BrokerErrorCode.KmsInvalidState, async () => await provider.UnwrapAsync(Id, bytes, "one", default));
        }

        await FailsAsync(BrokerErrorCode.KmsInvalidState, async () => await provider.UnwrapAsync(Id, key.Wrapped.AsMemory()[1..], "one", default));
        var other = Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray());
        Write(Document(Key().Replace(Material, other, StringComparison.Ordinal)));
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(BrokerErrorCode.KmsInvalidState, async () => await provider.UnwrapAsync(Id, key.Wrapped.AsMemory(), "one", default));
    }

    [Fact]
    public async Task The_brokers_own_key_is_made_once_for_its_user_alone()
    {
        var options = new EncryptionOptions { ServiceKeyFile = Path.Combine(directory.FullName, "data", "keys", "own.json") };
        Assert.Empty(options.Faults());
        var key = await Open(options).GenerateAsync(FileKeyProvider.ServiceAlias, "c", default);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(options.ServiceKeyFile));
        }

        Assert.Empty(options.Faults());
        var later = Open(options);
        Assert.Equal(key.MasterKeyId, await later.ResolveAsync(Arn + FileKeyProvider.ServiceAlias, default));
        await later.UnwrapAsync(key.MasterKeyId, key.Wrapped.AsMemory(), "c", default);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(options.ServiceKeyFile)!));
    }

    [Fact]
    public async Task A_damaged_file_of_the_brokers_own_key_is_never_overwritten()
    {
        var path = Write("{}");
        var options = new EncryptionOptions { ServiceKeyFile = path };
        await FailsAsync(BrokerErrorCode.KmsNotFound, async () => await Open(options).ResolveAsync(FileKeyProvider.ServiceAlias, default));
        Assert.Equal("{}", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task A_key_of_the_operators_goes_before_the_brokers_own()
    {
        var options = new EncryptionOptions
        {
            Keys = Document(Key().Replace("alias/orders", FileKeyProvider.ServiceAlias, StringComparison.Ordinal)),
            ServiceKeyFile = Path.Combine(directory.FullName, "own.json"),
        };
        Assert.Equal(Id, await Open(options).ResolveAsync(FileKeyProvider.ServiceAlias, default));
        Assert.False(File.Exists(options.ServiceKeyFile));
    }

    [Fact]
    public async Task A_key_id_of_two_sources_stands_for_one_material()
    {
        var other = Key().Replace(Material, Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray()), StringComparison.Ordinal);
        var options = new EncryptionOptions { Keys = Document(Key()), KeyFile = Write(Document(other.Replace("alias/orders", "alias/others", StringComparison.Ordinal))) };
        Assert.Equal(
            $"Broker:Encryption:KeyFile '{options.KeyFile}', keys[0].keyId is '{Id}', which Broker:Encryption:Keys, keys[0] has with other material: "
            + "a key id stands for one material. Give one of the two another id.",
            Assert.Single(options.Faults()));
        await FailsAsync(BrokerErrorCode.KmsNotFound, async () => await Open(options).ResolveAsync("alias/others", default));

        Write(Document(Key().Replace("alias/orders", "alias/others", StringComparison.Ordinal)));
        Assert.Empty(options.Faults());
        var provider = Open(options);
        var key = await provider.GenerateAsync("alias/others", "c", default);
        await provider.UnwrapAsync(key.MasterKeyId, key.Wrapped.AsMemory(), "c", default);
    }

    [Fact]
    public async Task Material_may_lie_in_a_file_of_its_own()
    {
        foreach (var bytes in new byte[][] { new byte[32], [.. System.Text.Encoding.ASCII.GetBytes(Material + "\n")] })
        {
            await File.WriteAllBytesAsync(Path.Combine(directory.FullName, "m"), bytes);
            var options = new EncryptionOptions { KeyFile = Write($$"""{ "keys": [{ "keyId": "k", "materialFile": "m" }] }""") };
            Assert.Empty(options.Faults());
            Assert.Equal("k", await Open(options).ResolveAsync("k", default));
        }
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_and_no_material()
    {
        var options = new EncryptionOptions
        {
            KeyFile = Path.Combine(directory.FullName, "none.json"),
            Keys = """
                { "keys": [
                  { "keyId": "a b", "material": "x" },
                  { "keyId": "short", "material": "c2VjcmV0" },
                  { "keyId": "none" },
                  { "keyId": "lost", "materialFile": "nowhere/at/all" },
                  { "keyId": "good", "material": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "aliases": ["orders"] }
                ] }
                """,
            VerifyEvery = TimeSpan.FromMinutes(6),
            DataKeyLifetime = TimeSpan.Zero,
            DataKeyBlocks = 0,
            MaxCachedDataKeys = 0,
        };
        var faults = options.Faults().ToList();
        Assert.Equal(10, faults.Count);
        Assert.All(faults, fault => Assert.StartsWith("Broker:Encryption:", fault, StringComparison.Ordinal));
        Assert.DoesNotContain(faults, fault => fault.Contains("c2VjcmV0", StringComparison.Ordinal));
        foreach (var part in new[] { "keys[0].keyId", "keys[1].material", "keys[2]", "keys[3].materialFile", "keys[4].aliases", "none.json", "VerifyEvery" })
        {
            Assert.Contains(faults, fault => fault.Contains(part, StringComparison.Ordinal));
        }

        options = new EncryptionOptions { Keys = """{ "keys": [{ "keyId": "k", "material": "", "stat": "Disabled" }] }""" };
        Assert.Contains("not a document of master keys", Assert.Single(options.Faults()), StringComparison.Ordinal);
    }

    internal static async Task FailsAsync(BrokerErrorCode code, Func<Task> call) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<BrokerException>(call)).Code);

    private static string Document(string key) => $$"""{ "keys": [{{key}}] }""";

    private static string Key(string state = "Enabled") =>
        $$"""{ "keyId": "{{Id}}", "material": "{{Material}}", "state": "{{state}}", "aliases": ["alias/orders"] }""";

    private string Write(string text)
    {
        var path = Path.Combine(directory.FullName, "keys.json");
        File.WriteAllText(path, text);
        return path;
    }

    private FileKeyProvider Open(EncryptionOptions options) =>
        new(Options.Create(options), new BrokerIdentity(), time, NullLogger<FileKeyProvider>.Instance);
}
