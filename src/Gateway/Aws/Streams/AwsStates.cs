using Broker.Contracts.Streams;

namespace Broker.Gateway.Aws.Streams;

/// <summary>States as AWS writes them.</summary>
internal static class AwsStates
{
    public static string ToAws(this StreamStatus status) => status switch
    {
        StreamStatus.Creating => "CREATING",
        StreamStatus.Deleting => "DELETING",
        StreamStatus.Updating => "UPDATING",
        _ => "ACTIVE",
    };

    public static string ToAws(this ConsumerStatus status) => status switch
    {
        ConsumerStatus.Creating => "CREATING",
        ConsumerStatus.Deleting => "DELETING",
        _ => "ACTIVE",
    };
}
