using System.Collections.Immutable;

namespace Broker.Silo.Streams;

/// <content>Encryption at rest: which data key new records are encrypted under. The keys come wrapped; nothing here can open one.</content>
/// <remarks>
/// A change is one write of the settings, so the stream stays ACTIVE. Gateways learn of it with their maps, which they ask for every
/// second while they use them.
/// </remarks>
public sealed partial class StreamGrain
{
    public Task StartEncryptionAsync(string keyId, string masterKeyId, ImmutableArray<byte> wrappedKey) => ChangeAsync(async () =>
    {
        StreamRules.CheckKey(keyId, masterKeyId, wrappedKey.Length);
        var head = ActiveHead();
        var encryption = Encryption();
        if (encryption.KeyId == keyId && encryption.Current?.MasterKeyId == masterKeyId)
        {
            return;
        }

        rules.CheckEncryptionChange(head.Name, Recent(encryption.Starts), encryption.Keys.Length + 1);
        await WriteSettingsAsync(settings with { Encryption = encryption.Start(keyId, masterKeyId, wrappedKey, NowMilliseconds()) });
        LogEncrypted(head.Name, keyId, settings.Encryption!.LastGeneration);
    });

    public Task StopEncryptionAsync() => ChangeAsync(async () =>
    {
        var head = ActiveHead();
        var encryption = Encryption();
        if (encryption.KeyId is null)
        {
            return;
        }

        rules.CheckEncryptionChange(head.Name, Recent(encryption.Stops), encryption.Keys.Length);
        await WriteSettingsAsync(settings with { Encryption = encryption.Stop(NowMilliseconds()) });
        LogDecrypted(head.Name);
    });

    public Task RotateDataKeyAsync(uint expectedGeneration, string masterKeyId, ImmutableArray<byte> wrappedKey) => ChangeAsync(async () =>
    {
        var head = SettledHead();
        var encryption = Encryption();
        if (encryption.Current is not { } current || current.Generation != expectedGeneration)
        {
            return;
        }

        StreamRules.CheckKey(encryption.KeyId!, masterKeyId, wrappedKey.Length);
        rules.CheckEncryptionChange(head.Name, 0, encryption.Keys.Length + 1);
        await WriteSettingsAsync(settings with { Encryption = encryption.Add(masterKeyId, wrappedKey, NowMilliseconds()) });
        LogRotated(head.Name, encryption.KeyId!, settings.Encryption!.LastGeneration);
    });

    private StreamEncryptionState Encryption() =>
        (settings.Encryption ?? new StreamEncryptionState()).Trim(settings.Horizon.At(expiry.NowUnixMilliseconds));

    private int Recent(ImmutableArray<long> times) => StreamEncryptionState.LastDay(times, NowMilliseconds()).Count();
}
