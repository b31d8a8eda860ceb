using System.Buffers;
using System.Text;

namespace Broker.Gateway.Auth.Signing;

/// <summary>Path and query of a request in Signature Version 4's canonical form.</summary>
internal static class CanonicalUri
{
    private const string SignatureParameter = "X-Amz-Signature";

    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private static readonly SearchValues<char> PathLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/");

    /// <summary>The path as it came, normalised, and encoded once more, as services other than S3 have it.</summary>
    public static string Path(ReadOnlySpan<char> path, bool encodeAgain)
    {
        var text = path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal) ? Normalise(path) : path.ToString();
        return text.Length == 0 ? "/" : encodeAgain ? Encode(text, PathLetters) : text;
    }

    /// <summary>The parameters decoded, encoded the one right way, and sorted; without the signature itself.</summary>
    public static string Query(ReadOnlySpan<char> query)
    {
        if (query.IsEmpty)
        {
            return "";
        }

        var parameters = new List<(string Name, string Value)>();
        foreach (var range in query.Split('&'))
        {
            var parameter = query[range];
            if (parameter.IsEmpty)
            {
                continue;
            }

            var equal = parameter.IndexOf('=');
            var name = Recode(equal < 0 ? parameter : parameter[..equal]);
            if (name != SignatureParameter)
            {
                parameters.Add((name, equal < 0 ? "" : Recode(parameter[(equal + 1)..])));
            }
        }

        parameters.Sort(static (left, right) =>
            string.CompareOrdinal(left.Name, right.Name) is not 0 and var order ? order : string.CompareOrdinal(left.Value, right.Value));
        return string.Join('&', parameters.Select(static parameter => $"{parameter.Name}={parameter.Value}"));
    }

    private static string Recode(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExcept(Unreserved) < 0 ? text.ToString() : Encode(Uri.UnescapeDataString(text.ToString().Replace('+', ' ')), Unreserved);

    private static string Encode(string text, SearchValues<char> plain)
    {
        if (!text.AsSpan().ContainsAnyExcept(plain))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        foreach (var letter in Encoding.UTF8.GetBytes(text))
        {
            if (letter < 0x80 && plain.Contains((char)letter))
            {
                encoded.Append((char)letter);
            }
            else
            {
                encoded.Append('%').Append(Convert.ToHexString([letter]));
            }
        }

        return encoded.ToString();
    }

    private static string Normalise(ReadOnlySpan<char> path)
    {
        var segments = new List<string>();
        foreach (var range in path.Split('/'))
        {
            switch (path[range])
            {
                case "" or ".":
                    break;
                case "..":
                    if (segments.Count > 0)
                    {
                        segments.RemoveAt(segments.Count - 1);
                    }

                    break;
                default:
                    segments.Add(path[range].ToString());
                    break;
            }
        }

        var isDirectory = path.EndsWith("/", StringComparison.Ordinal) || path.EndsWith("/.", StringComparison.Ordinal) || path.EndsWith("/..", StringComparison.Ordinal);
        return segments.Count == 0 ? "/" : $"/{string.Join('/', segments)}{(isDirectory ? "/" : "")}";
    }
}
