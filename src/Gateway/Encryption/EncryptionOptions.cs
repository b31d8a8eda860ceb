namespace Broker.Gateway.Encryption;

/// <summary>Encryption at rest: where the master keys are, and how long data keys serve. Configuration section <c>Broker:Encryption</c>; docs/encryption.md.</summary>
public sealed class EncryptionOptions
{
    /// <summary>A JSON file with master keys, read again when it changes; empty, the default, for none.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Master keys as <see cref="KeyFile"/> would have them, for the environment; empty, the default, for none.</summary>
    public string Keys { get; set; } = "";

    /// <summary>
    /// The file that the key of <c>alias/aws/kinesis</c> is kept in, made when the key is first used and no other source has it. Default
    /// empty: none is made; <c>broker serve</c> with a data directory puts <c>keys/aws-kinesis.json</c> in it. Not for several gateways.
    /// </summary>
    public string ServiceKeyFile { get; set; } = "";

    /// <summary>How often the key provider is asked whether a master key in use still is usable. Default 1 minute; at most 5.</summary>
    public TimeSpan VerifyEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a data key serves before another takes its place. Default 30 days.</summary>
    public TimeSpan DataKeyLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Blocks that one gateway encrypts under a data key before another takes its place. Default and most 2^32.</summary>
    public long DataKeyBlocks { get; set; } = 1L << 32;

    /// <summary>Data keys held in memory. Default 1,000.</summary>
    public int MaxCachedDataKeys { get; set; } = 1_000;

    /// <summary>All faults of the values at once; empty when they are sound. Reads the files.</summary>
    public IEnumerable<string> Faults()
    {
        foreach (var fault in MasterKeys.MasterKeyRing.Faults(this))
        {
            yield return fault;
        }

        foreach (var (name, value, least, most) in new (string, TimeSpan, TimeSpan, TimeSpan)[]
        {
            (nameof(VerifyEvery), VerifyEvery, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            (nameof(DataKeyLifetime), DataKeyLifetime, TimeSpan.FromHours(1), TimeSpan.FromDays(365)),
        })
        {
            if (value < least || value > most)
            {
                yield return $"Broker:Encryption:{name} is {value}: it must be {least} to {most}.";
            }
        }

        foreach (var (name, value, least, most) in new (string, long, long, long)[]
        {
            (nameof(DataKeyBlocks), DataKeyBlocks, 1, 1L << 32),
            (nameof(MaxCachedDataKeys), MaxCachedDataKeys, 16, 1_000_000),
        })
        {
            if (value < least || value > most)
            {
                yield return $"Broker:Encryption:{name} is {value}: it must be {least} to {most}.";
            }
        }
    }
}
