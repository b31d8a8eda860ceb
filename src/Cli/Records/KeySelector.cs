using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Broker.Cli.Records;

/// <summary>Chooses the partition key of each line that is put: random, fixed, or a field of the line's JSON object.</summary>
/// <remarks>For one caller: the key's bytes are reused by the next call.</remarks>
internal sealed class KeySelector
{
    private const int MaxKeyCharacters = 256;
    private readonly byte[]? fixedKey;
    private readonly byte[]? field;
    private byte[] buffer = new byte[256];

    private KeySelector(byte[]? fixedKey, byte[]? field)
    {
        this.fixedKey = fixedKey;
        this.field = field;
    }

    public static KeySelector Random() => new(null, null);

    public static KeySelector Fixed(string key) => new(Encoding.UTF8.GetBytes(key), null);

    public static KeySelector Field(string field) => new(null, Encoding.UTF8.GetBytes(field));

    /// <summary>The key of a line, as UTF-8.</summary>
    /// <exception cref="FormatException">The line has no such field, or its value is no key; the message says which.</exception>
    public ReadOnlySpan<byte> KeyOf(ReadOnlySpan<byte> line) =>
        fixedKey is not null ? fixedKey : field is not null ? FieldOf(line) : RandomKey();

    private ReadOnlySpan<byte> RandomKey()
    {
        Span<byte> random = stackalloc byte[15];
        RandomNumberGenerator.Fill(random);
        Base64.EncodeToUtf8(random, buffer, out _, out var written);
        return buffer.AsSpan(0, written);
    }

    private ReadOnlySpan<byte> FieldOf(ReadOnlySpan<byte> line)
    {
        var name = Encoding.UTF8.GetString(field!);
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                throw new FormatException("is not a JSON object");
            }

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var found = json.ValueTextEquals(field);
                json.Read();
                if (found)
                {
                    return ValueOf(ref json, name);
                }

                json.Skip();
            }
        }
        catch (JsonException e)
        {
            throw new FormatException("is not a JSON object", e);
        }

        throw new FormatException($"has no field '{name}'");
    }

    private ReadOnlySpan<byte> ValueOf(scoped ref Utf8JsonReader json, string name)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False))
        {
            throw new FormatException($"has a field '{name}' that is neither text, number nor boolean");
        }

        if (buffer.Length < json.ValueSpan.Length)
        {
            buffer = new byte[json.ValueSpan.Length];
        }

        int length;
        if (json.TokenType == JsonTokenType.String)
        {
            length = json.CopyString(buffer);
        }
        else
        {
            json.ValueSpan.CopyTo(buffer);
            length = json.ValueSpan.Length;
        }

        var key = buffer.AsSpan(0, length);
        return length == 0 || Encoding.UTF8.GetCharCount(key) > MaxKeyCharacters
            ? throw new FormatException($"has a field '{name}' of {Encoding.UTF8.GetCharCount(key)} characters; a partition key has 1 to {MaxKeyCharacters}")
            : key;
    }
}
