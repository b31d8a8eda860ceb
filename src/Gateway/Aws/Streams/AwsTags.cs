using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Broker.Gateway.Aws.Errors;

namespace Broker.Gateway.Aws.Streams;

/// <summary>What AWS says of tags whose characters it does not take.</summary>
internal static partial class AwsTags
{
    public static ImmutableSortedDictionary<string, string> Check(Dictionary<string, string> tags)
    {
        foreach (var (key, value) in tags)
        {
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw AwsException.InvalidArgument($"Tag key {key} begins with aws:, which is reserved for system use.");
            }

            if (!Valid.IsMatch(key) || !Valid.IsMatch(value))
            {
                throw AwsException.InvalidArgument(
                    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @");
            }
        }

        return tags.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    public static List<TagShape> ToShapes(IEnumerable<KeyValuePair<string, string>> tags) =>
        [.. tags.Select(tag => new TagShape { Key = tag.Key, Value = tag.Value })];

    [GeneratedRegex(@"\A[\p{L}\p{Z}\p{N}_.:/=+\-%@]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Valid { get; }
}
