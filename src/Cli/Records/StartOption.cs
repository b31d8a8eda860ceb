using System.Globalization;
using Broker.V1;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Cli.Records;

/// <summary>Reads <c>--from</c>: trim-horizon, latest, or a time (ISO 8601, UTC unless it says otherwise; or Unix seconds).</summary>
internal static class StartOption
{
    /// <exception cref="FormatException">It is none of these.</exception>
    public static StartingPosition Parse(string text) =>
        TryParse(text, out var position) ? position : throw new FormatException($"'{text}' is neither trim-horizon, latest nor a time.");

    public static bool TryParse(string text, out StartingPosition position)
    {
        position = new StartingPosition();
        switch (text.ToUpperInvariant().Replace('_', '-'))
        {
            case "TRIM-HORIZON":
                position.Type = ShardIteratorType.TrimHorizon;
                return true;
            case "LATEST":
                position.Type = ShardIteratorType.Latest;
                return true;
        }

        position.Type = ShardIteratorType.AtTimestamp;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds < 1e11)
        {
            position.Timestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(seconds));
            return true;
        }

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, Styles, out var time))
        {
            position.Timestamp = Timestamp.FromDateTimeOffset(time);
            return true;
        }

        return false;
    }
}
