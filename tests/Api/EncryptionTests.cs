using System.Text;
using System.Text.Json;
using Broker.Tests.Harness;
using Broker.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;
using Record = Broker.V1.Record;

namespace Broker.Tests.Api;

/// <summary>Encryption at rest, as somebody sees it who reads the data directory.</summary>
public sealed class EncryptionTests : IDisposable
{
    private const string Shard = "shardId-000000000000";
    private readonly string keyFile = Path.Combine(Path.GetTempPath(), $"broker-keys-{Guid.NewGuid():N}.json");
    private readonly BrokerProcess broker;
    private GrpcChannel channel = null!;
    private StreamService.StreamServiceClient streams = null!;
    private RecordService.RecordServiceClient records = null!;

    public EncryptionTests()
    {
        WriteKey("Enabled");
        broker = new BrokerProcess(
            "--Broker:Log:FileBytes=1048576", $"--Broker:Encryption:KeyFile={keyFile}", "--Broker:Encryption:VerifyEvery=00:00:01");
    }

    public void Dispose()
    {
        channel?.Dispose();
        broker.Dispose();
        File.Delete(keyFile);
    }

    [Fact]
    public async Task What_is_encrypted_is_not_in_the_data_directory_and_survives_restarts_and_kills()
    {
        await StartAsync();
        await CreateAsync("s");
        await PutAsync("s", "clear-marker");
        Assert.True(IsOnDisk("clear-marker-data"), "what is not encrypted is not found: the search proves nothing");
        Assert.True(IsOnDisk("clear-marker-key"));

        Assert.Equal(0, await RunAsync("stream", "encrypt", "s", "--endpoint", broker.Endpoint));
        await UntilAsync("s", EncryptionType.Kms);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(EncryptionType.Kms, await PutAsync("s", "secret-marker"));
        }

        Assert.False(IsOnDisk("secret-marker"));
        await broker.TerminateAsync(TimeSpan.FromSeconds(30));
        Assert.False(IsOnDisk("secret-marker"));
        await StartAsync();
        Assert.Equal(50, Count(await ReadAsync("s"), "secret-marker-data", EncryptionType.Kms));

        await PutAsync("s", "secret-marker");
        await broker.KillAsync();
        Assert.False(IsOnDisk("secret-marker"));
        await StartAsync();
        Assert.Equal(51, Count(await ReadAsync("s"), "secret-marker-data", EncryptionType.Kms));

        Assert.Equal(0, await RunAsync("stream", "decrypt", "s", "--endpoint", broker.Endpoint));
        await UntilAsync("s", EncryptionType.None);
        await PutAsync("s", "later-marker");
        Assert.True(IsOnDisk("later-marker-data"));
        Assert.False(IsOnDisk("secret-marker"));
        var all = await ReadAsync("s");
        Assert.Equal(51, Count(all, "secret-marker-data", EncryptionType.Kms));
        Assert.Equal(1, Count(all, "clear-marker-data", EncryptionType.Unspecified));
        Assert.Equal(1, Count(all, "later-marker-data", EncryptionType.Unspecified));
    }

    [Fact]
    public async Task Without_its_key_file_the_brokers_own_encryption_opens_nothing()
    {
        await StartAsync();
        await CreateAsync("s");
        await streams.StartStreamEncryptionAsync(Start("s", "alias/aws/kinesis"));
        await UntilAsync("s", EncryptionType.Kms);
        var own = Path.Combine(broker.DataDirectory, "keys", "aws-kinesis.json");
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(own));
        }

        using (var key = JsonDocument.Parse(await File.ReadAllBytesAsync(own)))
        {
            var material = key.RootElement.GetProperty("keys")[0].GetProperty("material").GetString()!;
            File.Move(own, own + ".away");
            Assert.False(IsOnDisk(material, except: own + ".away"));
        }

        await broker.KillAsync();
        await StartAsync();
        await ApiFixture.FailsAsync("KMS_NOT_FOUND", () => ReadAsync("s"));
        await ApiFixture.FailsAsync("KMS_NOT_FOUND", () => PutAsync("s", "x"));
        File.Move(own + ".away", own);
        await broker.KillAsync();
        await StartAsync();
        Assert.NotEmpty(await ReadAsync("s"));
    }

    [Fact]
    public async Task A_disabled_key_stops_puts_and_reads_and_an_enabled_one_lets_them_go_on()
    {
        await StartAsync();
        await CreateAsync("s");
        await ApiFixture.FailsAsync("KMS_NOT_FOUND", async () => await streams.StartStreamEncryptionAsync(Start("s", "alias/nobody")), "alias/nobody");
        await streams.StartStreamEncryptionAsync(Start("s", "alias/orders"));
        await UntilAsync("s", EncryptionType.Kms);
        var stream = (await streams.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = "s" })).Stream;
        Assert.Equal((StreamStatus.Active, EncryptionType.Kms, "alias/orders"), (stream.Status, stream.EncryptionType, stream.KeyId));

        foreach (var (state, reason) in new[] { ("Disabled", "KMS_DISABLED"), ("PendingDeletion", "KMS_INVALID_STATE") })
        {
            WriteKey(state);
            await ReasonAsync("s", reason);
            await ApiFixture.FailsAsync(reason, () => ReadAsync("s"), "k1");
            await ApiFixture.FailsAsync(reason, async () => await streams.StartStreamEncryptionAsync(Start("s", "k1")));
        }

        WriteKey("Enabled");
        await ReasonAsync("s", null);
        Assert.NotEmpty(await ReadAsync("s"));
    }

    private static StartStreamEncryptionRequest Start(string name, string key) =>
        new() { StreamName = name, EncryptionType = EncryptionType.Kms, KeyId = key };

    private static int Count(List<Record> all, string data, EncryptionType type) =>
        all.Count(record => record.Data.ToStringUtf8() == data && record.EncryptionType == type);

    private async Task StartAsync()
    {
        await broker.StartAsync();
        channel?.Dispose();
        channel = broker.Connect();
        streams = new StreamService.StreamServiceClient(channel);
        records = new RecordService.RecordServiceClient(channel);
    }

    private async Task CreateAsync(string name)
    {
        await streams.CreateStreamAsync(new CreateStreamRequest { StreamName = name, ShardCount = 1 });
        await BrokerProcess.WaitUntilActiveAsync(streams, name);
    }

    private async Task<EncryptionType> PutAsync(string name, string marker) => (await records.PutRecordAsync(
        new PutRecordRequest { StreamName = name, PartitionKey = $"{marker}-key", Data = ByteString.CopyFromUtf8($"{marker}-data") })).EncryptionType;

    /// <summary>Puts until a record is stored as it is to be, which takes at most five seconds (AWS's promise).</summary>
    private async Task UntilAsync(string name, EncryptionType type)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        while (await PutAsync(name, "probe") != type)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Puts until that fails for a reason, or for none.</summary>
    private async Task ReasonAsync(string name, string? expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            string? reason = null;
            try
            {
                await PutAsync(name, "probe");
            }
            catch (RpcException exception)
            {
                reason = exception.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason;
            }

            if (reason == expected)
            {
                return;
            }

            await Task.Delay(50, limit.Token);
        }
    }

    private async Task<List<Record>> ReadAsync(string name)
    {
        var all = new List<Record>();
        var iterator = (await records.GetShardIteratorAsync(new GetShardIteratorRequest
        {
            StreamName = name,
            ShardId = Shard,
            StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
        })).ShardIterator;
        while (true)
        {
            var page = await records.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
            all.AddRange(page.Records);
            iterator = page.NextShardIterator;
            if (page.MillisBehindLatest == 0)
            {
                return all;
            }
        }
    }

    private bool IsOnDisk(string text, string? except = null)
    {
        var sought = Encoding.UTF8.GetBytes(text);
        return Directory.EnumerateFiles(broker.DataDirectory, "*", SearchOption.AllDirectories).Where(path => path != except).Any(path =>
        {
            if (Path.GetFileName(path) == "lock")
            {
                return new FileInfo(path).Length >= sought.Length; // Held by the broker, and empty.
            }

            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[file.Length];
            return bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).IndexOf(sought) >= 0;
        });
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var process = broker.Launch(arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Replaces the file as a whole: the broker may read it at any time.</summary>
    private void WriteKey(string state)
    {
        var material = Convert.ToBase64String(new byte[32]);
        File.WriteAllText(keyFile + ".new", $$"""{ "keys": [{ "keyId": "k1", "material": "{{material}}", "state": "{{state}}", "aliases": ["alias/orders"] }] }""");
        File.Move(keyFile + ".new", keyFile, overwrite: true);
    }
}
