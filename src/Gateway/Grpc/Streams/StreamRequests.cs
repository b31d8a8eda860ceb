using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Grpc.Streams;

/// <summary>The rules of form that StreamService's requests have in common.</summary>
internal static partial class StreamRequests
{
    /// <exception cref="BrokerException">InvalidArgument, with the message, where the rule does not hold.</exception>
    public static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, message);
        }
    }

    public static string Shorten(string text) => text.Length > 160 ? text[..160] : text;

    public static void CheckName(string member, string name) => Check(
        StreamName.IsValid(name), $"{member} is '{Shorten(name)}': it must be 1 to 128 characters of [a-zA-Z0-9_.-].");

    public static int ToLimit(string member, int value, int standard, int most)
    {
        Check(value >= 0 && value <= most, $"{member} is {value}: it must be 1 to {most}, or 0 for {standard}.");
        return value == 0 ? standard : value;
    }

    public static ShardId ToShardId(string member, string text)
    {
        Check(ShardId.TryParse(text, out var id), $"{member} is '{Shorten(text)}': it must be shardId- and 12 digits.");
        return id;
    }

    public static ShardId? ToShardIdOrNone(string member, string text) => text.Length == 0 ? null : ToShardId(member, text);

    public static int ToRecordBytes(int kib)
    {
        Check(kib is >= 1_024 and <= 10_240, $"max_record_size_kib is {kib}: it must be 1024 to 10240.");
        return kib * 1024;
    }

    public static void CheckEncryption(V1.EncryptionType type, string keyId)
    {
        Check(type == V1.EncryptionType.Kms, $"encryption_type is {type}: it must be KMS.");
        Check(keyId.Length is >= 1 and <= 2_048, $"key_id has {keyId.Length} characters: it must have 1 to 2048.");
    }

    public static ImmutableSortedDictionary<string, string> ToTags(IDictionary<string, string> tags)
    {
        Check(tags.Count is >= 1 and <= 200, $"tags has {tags.Count} members: it must have 1 to 200.");
        foreach (var (key, value) in tags)
        {
            Check(key.Length is >= 1 and <= 128, $"tags has the key '{Shorten(key)}': it must be 1 to 128 characters.");
            Check(value.Length <= 256, $"tags has a value of {value.Length} characters under '{key}': it must be at most 256.");
            Check(
                TagPattern.IsMatch(key) && TagPattern.IsMatch(value),
                $"tags has '{key}': Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @ :");
        }

        return tags.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    [GeneratedRegex(@"\A[\p{L}\p{Z}\p{N}_.:/=+\-%@]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern { get; }
}
