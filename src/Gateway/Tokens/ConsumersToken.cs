using System.Globalization;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Tokens;

/// <summary>What ListStreamConsumers' token holds.</summary>
/// <param name="StreamName">The stream; first, so that its token tells whom to ask for leave.</param>
/// <param name="Generation">Which stream of that name: a later one has other consumers.</param>
/// <param name="After">The last consumer that was given.</param>
internal sealed record ConsumersToken(string StreamName, StreamGeneration Generation, string After)
{
    public string ToToken() => string.Create(CultureInfo.InvariantCulture, $"{StreamName}\n{Generation.Value}\n{After}");

    /// <summary>Reads what <see cref="ToToken"/> wrote; tokens are authenticated, so it is well-formed.</summary>
    public static ConsumersToken FromToken(string token)
    {
        var parts = token.Split('\n');
        return new ConsumersToken(parts[0], new StreamGeneration(long.Parse(parts[1], CultureInfo.InvariantCulture)), parts[2]);
    }
}
