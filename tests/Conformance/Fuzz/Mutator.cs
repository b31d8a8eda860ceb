using System.Text;
using Broker.Tests.Conformance.Model;
using Broker.Tests.Conformance.Validation;

namespace Broker.Tests.Conformance.Fuzz;

/// <summary>Turns sound inputs and bodies into unsound ones; all it does follows from its random numbers.</summary>
/// <param name="random">The numbers.</param>
/// <param name="known">Values of members that stand for something on the server.</param>
public sealed class Mutator(Random random, IReadOnlyDictionary<string, string> known)
{
    private static readonly string[] OperationNames = [.. ServiceModel.Kinesis.Operations.Keys];

    private static readonly string[] Texts =
    [
        "", "\0", "a", "-1", "18446744073709551616", "340282366920938463463374607431768211456", "shardId-999999999999", "shardId-2147483648", "../../etc",
        "😀\ud83d", "arn:aws:kinesis:us-east-1:000000000000:stream/x", "TRIM_HORIZON", "AT_TIMESTAMP", "KMS", "ON_DEMAND", "null", "{}", "%00%ff", "ＡＢＣ",
    ];

    private static readonly long[] Numbers = [0, 1, -1, 24, 500, 10_000, 1 << 20, int.MaxValue, int.MinValue, 1L << 53, long.MaxValue, long.MinValue];

    public string NextOperation() => OperationNames[random.Next(OperationNames.Length)];

    /// <summary>An input with some of its members replaced, added or taken away.</summary>
    public IDictionary<string, object?> NextInput(string operation)
    {
        var input = CaseGenerator.SoundInput(operation);
        // What deletes finds its target seldom, or little would be left to find.
        var isAimed = operation is not ("DeleteStream" or "DeregisterStreamConsumer") || random.Next(200) == 0;
        foreach (var name in input.Keys.Where(name => isAimed && known.ContainsKey(name)).ToList())
        {
            input[name] = known[name];
        }

        foreach (var optional in ServiceModel.Kinesis.InputOf(operation).Members.Keys)
        {
            switch (random.Next(8))
            {
                case 0:
                    input[optional] = NextValue(3);
                    break;
                case 1:
                    input.Remove(optional);
                    break;
            }
        }

        return input;
    }

    /// <summary>A body with some bytes flipped, cut, repeated or made up; often as it was.</summary>
    public byte[] NextBody(byte[] body)
    {
        for (var i = random.Next(4); i > 0; i--)
        {
            body = random.Next(7) switch
            {
                0 when body.Length > 0 => Flip(body),
                1 when body.Length > 0 => body[..random.Next(body.Length)],
                2 when body.Length > 0 => [.. body[..random.Next(body.Length)], .. body[random.Next(body.Length)..]],
                3 => [.. body, .. body],
                4 => Insert(body, Noise(random.Next(1, 32))),
                5 => Insert(body, Deep()),
                _ => body,
            };
        }

        return body;
    }

    /// <summary>The head of a request with something wrong in it.</summary>
    public byte[] NextHead(string head)
    {
        var lines = head.Split("\r\n").ToList();
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            var at = random.Next(lines.Count);
            switch (random.Next(6))
            {
                case 0:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.Insert(at, lines[at]);
                    break;
                case 2:
                    lines[at] += new string('x', random.Next(1, 40_000));
                    break;
                case 3:
                    lines[at] = Encoding.Latin1.GetString(Flip(Encoding.Latin1.GetBytes(lines[at] + " ")));
                    break;
                case 4:
                    lines[at] = lines[at][..random.Next(lines[at].Length + 1)];
                    break;
                default:
                    lines.Insert(at, $"x-{random.Next()}: {Texts[random.Next(Texts.Length)]}");
                    break;
            }

            if (lines.Count == 0)
            {
                lines.Add("POST / HTTP/1.1");
            }
        }

        return Encoding.Latin1.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n");
    }

    private object? NextValue(int depth) => random.Next(depth > 0 ? 9 : 6) switch
    {
        0 => Texts[random.Next(Texts.Length)],
        1 => Numbers[random.Next(Numbers.Length)],
        2 => random.Next(2) == 0,
        3 => Noise(random.Next(64)),
        4 => random.NextDouble() * Math.Pow(10, random.Next(-300, 300)),
        5 => null,
        6 => Enumerable.Range(0, random.Next(4)).Select(_ => NextValue(depth - 1)).ToList(),
        7 => Enumerable.Range(0, random.Next(4)).ToDictionary(i => $"k{i}", _ => NextValue(depth - 1)),
        _ => new string('é', random.Next(2000)),
    };

    private byte[] Noise(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Nesting that a reader which calls itself does not survive.</summary>
    private byte[] Deep() => Enumerable.Repeat((byte)"[{\x81\xA1\x9F\xD8"[random.Next(6)], random.Next(1, 100_000)).ToArray();

    private byte[] Insert(byte[] body, byte[] more)
    {
        var at = random.Next(body.Length + 1);
        return [.. body[..at], .. more, .. body[at..]];
    }

    private byte[] Flip(byte[] body)
    {
        var flipped = body.ToArray();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
        }

        return flipped;
    }
}
