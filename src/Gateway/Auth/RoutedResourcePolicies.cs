using Broker.Contracts.Errors;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Auth;

/// <summary>Resource policies as the cached maps of the streams hold them: a change is in force within seconds.</summary>
internal sealed class RoutedResourcePolicies(StreamRoutes routes) : IResourcePolicies
{
    private const string StreamMark = ":stream/";
    private const string ConsumerMark = "/consumer/";

    public async ValueTask<string?> FindAsync(string resourceArn, CancellationToken cancellation = default)
    {
        var (streamName, consumerName) = NamesOf(resourceArn);
        if (!Contracts.Streams.StreamName.IsValid(streamName))
        {
            return null;
        }

        try
        {
            var route = await routes.GetAsync(streamName, cancellation);
            return route.Stream.ResourcePolicies.GetValueOrDefault(consumerName);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound)
        {
            return null;
        }
    }

    /// <summary>The consumer's name is empty for a stream's ARN.</summary>
    private static (string StreamName, string ConsumerName) NamesOf(string arn)
    {
        var start = arn.IndexOf(StreamMark, StringComparison.Ordinal);
        if (start < 0)
        {
            return ("", "");
        }

        var rest = arn[(start + StreamMark.Length)..];
        var mark = rest.IndexOf(ConsumerMark, StringComparison.Ordinal);
        if (mark < 0)
        {
            return (rest, "");
        }

        var consumer = rest[(mark + ConsumerMark.Length)..];
        var colon = consumer.IndexOf(':', StringComparison.Ordinal);
        return (rest[..mark], colon < 0 ? consumer : consumer[..colon]);
    }
}
