using System.Globalization;
using System.Text;

namespace Broker.Cli.Bench;

/// <summary>Makes JSON of flights as an airline's feed has it: the same members again and again, values that differ, as many as fit a record.</summary>
/// <remarks>
/// The members, and how their values are spread, are those of the US DOT's on-time data. A random reference fills each record up to its size, so
/// that nothing compresses better than it would there.
/// </remarks>
internal static class FlightEvents
{
    private const string Begin = "{\"flights\":[";
    private const string Middle = "],\"ref\":\"";
    private const string End = "\"}";
    private const string Hexadecimal = "0123456789abcdef";

    private static readonly string[] Airports = MakeAirports();
    private static readonly DateTime Start = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A record of exactly so many bytes: <c>{"flights":[…],"ref":"…"}</c>; where that does not fit, a JSON string.</summary>
    public static byte[] Record(int bytes, Random random)
    {
        var text = new StringBuilder(bytes).Append(bytes > Begin.Length + Middle.Length + End.Length ? Begin : "\"");
        if (text.Length > 1)
        {
            AddFlights(text, bytes - Middle.Length - End.Length, random);
            text.Append(Middle);
        }

        var end = text.Length > 1 ? End : "\"";
        while (text.Length < bytes - end.Length)
        {
            text.Append(Hexadecimal[random.Next(Hexadecimal.Length)]);
        }

        return Encoding.ASCII.GetBytes(text.Append(end).ToString());
    }

    private static void AddFlights(StringBuilder text, int most, Random random)
    {
        for (var flight = Flight(random); text.Length + 1 + flight.Length <= most; flight = Flight(random))
        {
            text.Append(text.Length == Begin.Length ? "" : ",").Append(flight);
        }
    }

    private static string Flight(Random random) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"date":"{{Start.AddMinutes(random.Next(365 * 24 * 60)):yyyy/MM/dd HH:mm}}","delay":{{Delay(random)}},"distance":{{Distance(random)}},"origin":"{{Airport(random)}}","destination":"{{Airport(random)}}"}""");

    /// <summary>Most leave within minutes of their time, a few hours late.</summary>
    private static int Delay(Random random) => (int)(-Math.Log(1 - random.NextDouble()) * 22) - 15;

    private static int Distance(Random random) => 80 + (int)(-Math.Log(1 - random.NextDouble()) * 620);

    /// <summary>A few airports see most flights.</summary>
    private static string Airport(Random random) => Airports[(int)(Airports.Length * Math.Pow(random.NextDouble(), 2.5))];

    private static string[] MakeAirports()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 200).Select(_ => string.Concat(Enumerable.Range(0, 3).Select(_ => (char)('A' + random.Next(26)))))];
    }
}
