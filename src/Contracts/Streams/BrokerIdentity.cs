using System.Globalization;
using System.Text.RegularExpressions;

namespace Broker.Contracts.Streams;

/// <summary>The account and region a cluster answers for. Configuration section <c>Broker:Identity</c>.</summary>
public sealed partial class BrokerIdentity
{
    /// <summary>12 digits. Default 000000000000.</summary>
    public string AccountId { get; set; } = "000000000000";

    /// <summary>Default us-east-1.</summary>
    public string Region { get; set; } = "us-east-1";

    public string StreamArn(string streamName) => $"arn:aws:kinesis:{Region}:{AccountId}:stream/{streamName}";

    public string ConsumerArn(string streamName, ConsumerDescription consumer) =>
        string.Create(CultureInfo.InvariantCulture, $"{StreamArn(streamName)}/consumer/{consumer.Name}:{consumer.CreatedUnixMilliseconds / 1000}");

    /// <summary>What policies know an application (a consumer group) as; AWS has no ARN for it.</summary>
    public string ApplicationArn(string applicationName) => $"arn:aws:kinesis:{Region}:{AccountId}:application/{applicationName}";

    /// <summary>What policies know a consumer as whose creation is not there yet, or is not known: its time is <c>*</c>.</summary>
    public string NewConsumerArn(string streamName, string consumerName) => $"{StreamArn(streamName)}/consumer/{consumerName}:*";

    public IEnumerable<string> Faults()
    {
        if (!AccountPattern.IsMatch(AccountId))
        {
            yield return $"Broker:Identity:AccountId is '{AccountId}': it must be 12 digits.";
        }

        if (!RegionPattern.IsMatch(Region))
        {
            yield return $"Broker:Identity:Region is '{Region}': it must be 1 to 32 characters of [a-z0-9-].";
        }
    }

    [GeneratedRegex(@"\A\d{12}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AccountPattern { get; }

    [GeneratedRegex(@"\A[a-z0-9-]{1,32}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegionPattern { get; }
}
