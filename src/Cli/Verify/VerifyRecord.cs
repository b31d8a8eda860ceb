using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Broker.Cli.Verify;

/// <summary>A numbered record: which run and producer put it, under which partition key, and as the how manieth of that key.</summary>
/// <remarks>Its data is text, padded with dots: <c>verify RUN PRODUCER KEY NUMBER ....</c>. Numbers rise from 0 by 1.</remarks>
internal readonly record struct VerifyRecord(int Producer, int Key, long Number)
{
    private const string Mark = "verify";

    /// <summary>The partition key, unique to producer and key.</summary>
    public string PartitionKey => string.Create(CultureInfo.InvariantCulture, $"{Producer}-{Key}");

    /// <summary>Writes the data, at least as long as <paramref name="destination"/> if the text is shorter.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, string run)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Mark} {run} {Producer} {Key} {Number} ");
        var written = Encoding.ASCII.GetBytes(text, destination);
        destination[written..].Fill((byte)'.');
        return destination.Length;
    }

    /// <summary>Reads a record of a run; anything else in the stream is not ours.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, string run, out VerifyRecord record)
    {
        record = default;
        Span<byte> head = stackalloc byte[Mark.Length + run.Length + 2];
        Encoding.ASCII.GetBytes($"{Mark} {run} ", head);
        if (!data.StartsWith(head))
        {
            return false;
        }

        data = data[head.Length..];
        if (!TakeNumber(ref data, out var producer) || !TakeNumber(ref data, out var key) || !TakeNumber(ref data, out var number))
        {
            return false;
        }

        record = new VerifyRecord((int)producer, (int)key, number);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"producer {Producer} key {PartitionKey} number {Number}");

    private static bool TakeNumber(ref ReadOnlySpan<byte> data, out long number)
    {
        if (!Utf8Parser.TryParse(data, out number, out var consumed) || consumed >= data.Length || data[consumed] != ' ')
        {
            return false;
        }

        data = data[(consumed + 1)..];
        return true;
    }
}
