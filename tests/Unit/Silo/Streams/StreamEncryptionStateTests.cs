using System.Text.Json;
using Broker.Contracts.Streams;
using Broker.Silo.Streams;
using Broker.Silo.Streams.Rows;
using Xunit;

namespace Broker.Tests.Unit.Silo.Streams;

public sealed class StreamEncryptionStateTests
{
    private const long Day = 86_400_000;

    [Fact]
    public void Generations_are_never_given_twice_and_old_keys_stay()
    {
        var state = new StreamEncryptionState().Start("alias/a", "m1", [1, 2], 10).Stop(20).Start("k2", "m2", [3], 30).Add("m2", [4], 40);
        Assert.Equal(("k2", 3u), (state.KeyId, state.Current!.Generation));
        Assert.Equal([(1u, 20L), (2u, 40L), (3u, null)], state.Keys.Select(static key => (key.Generation, key.RetiredUnixMilliseconds)));
        Assert.Equal([10L, 30L], state.Starts.AsEnumerable());
        Assert.Equal([20L], state.Stops.AsEnumerable());

        var told = state.ToDescription();
        Assert.Equal((EncryptionType.Kms, "k2", 3u), (told.Type, told.KeyId, told.KeyGeneration));
        Assert.Equal(("m1", 10L), (told.Find(1)!.MasterKeyId, told.Find(1)!.CreatedUnixMilliseconds));
        Assert.Equal<byte>([1, 2], told.Find(1)!.Wrapped);
        Assert.Null(told.Find(4));

        told = state.Stop(50).ToDescription();
        Assert.Equal((EncryptionType.None, null, 0u), (told.Type, told.KeyId, told.KeyGeneration));
        Assert.Equal(3, told.Keys.Length);
    }

    [Fact]
    public void A_key_goes_when_its_last_record_has_expired_and_never_while_it_is_used()
    {
        var state = new StreamEncryptionState().Start("a", "m", [1], 0).Add("m", [2], 100 * Day);
        Assert.Equal(2, state.Trim(101 * Day).Keys.Length);
        var trimmed = state.Trim((101 * Day) + 1);
        Assert.Equal(2u, Assert.Single(trimmed.Keys).Generation);
        Assert.Equal(2u, Assert.Single(trimmed.Trim(long.MaxValue).Keys).Generation);
        Assert.Equal(3u, trimmed.Stop(200 * Day).Trim(300 * Day).Start("a", "m", [3], 300 * Day).Current!.Generation);
    }

    [Fact]
    public void Changes_of_the_last_day_are_kept_and_older_ones_forgotten()
    {
        var state = new StreamEncryptionState().Start("a", "m", [1], 0).Start("b", "m", [1], Day - 1).Start("c", "m", [1], Day);
        Assert.Equal([Day - 1, Day], state.Starts.AsEnumerable());
    }

    [Fact]
    public void It_is_stored_with_the_settings()
    {
        var settings = new StreamState { Encryption = new StreamEncryptionState().Start("a", "m", [1], 5).Stop(6) };
        var read = JsonSerializer.Deserialize(
            JsonSerializer.SerializeToUtf8Bytes(settings, StreamRowsJson.Default.StreamState), StreamRowsJson.Default.StreamState)!;
        Assert.Equal(settings.Encryption.Keys.AsEnumerable(), read.Encryption!.Keys);
        Assert.Equal(settings.Encryption.Stops.AsEnumerable(), read.Encryption.Stops);
        Assert.Equal((null, 1u), (read.Encryption.KeyId, read.Encryption.LastGeneration));
    }
}
