using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Broker.Gateway.Aws.Errors;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>Judges base64 as AWS's deserializer does, in its words.</summary>
internal static class Base64Texts
{
    private const int MostShown = 8 * 1024;

    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <returns>Bytes that the text stands for.</returns>
    /// <exception cref="AwsException">SerializationException.</exception>
    public static int Measure(ReadOnlySpan<byte> text)
    {
        // White space is the one thing that passes there and not here.
        if (text.Length % 4 == 0 && Base64.IsValid(text, out var length) && length == Unpadded(text))
        {
            return length;
        }

        var shown = Encoding.UTF8.GetString(text[..Math.Min(text.Length, MostShown)]);
        if (text.Length % 4 != 0)
        {
            throw Invalid(shown, $"Base64 encoded length is expected a multiple of 4 bytes but found: {text.Length}");
        }

        var wrong = text.IndexOfAnyExcept(Alphabet);
        if (wrong < 0)
        {
            wrong = text.IndexOf((byte)'=') is >= 0 and var pad && text[pad..].IndexOfAnyExcept((byte)'=') >= 0 ? pad : -1;
        }

        throw wrong >= 0
            ? Invalid(shown, $"Invalid Base64 character: '{Encoding.UTF8.GetString(text.Slice(wrong, Math.Min(4, text.Length - wrong)))[0]}'")
            : Invalid(shown, "Invalid last non-pad Base64 character dectected");
    }

    private static int Unpadded(ReadOnlySpan<byte> text) => (text.Length / 4 * 3) - (text.EndsWith("=="u8) ? 2 : text.EndsWith("="u8) ? 1 : 0);

    private static AwsException Invalid(string text, string why) => AwsException.Serialization($"'{text}' can not be converted to a Blob: {why}");
}
