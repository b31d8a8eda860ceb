using System.Globalization;
using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws;

/// <summary>Finds the stream or consumer that a request names, and asks whether the caller may do to it what it asks.</summary>
internal sealed partial class AwsResources(BrokerIdentity identity, Authorizer authorizer, StreamCalls calls)
{
    private const string ConsumerPart = "/consumer/";

    /// <summary>The name of the request's stream, once the caller is allowed to the operation.</summary>
    /// <exception cref="AwsException">InvalidArgument: no name, or two that do not agree.</exception>
    /// <exception cref="BrokerException">AccessDenied; ResourceNotFound: another account's or region's.</exception>
    public async ValueTask<string> DemandStreamAsync(StreamInput input, AwsCall call)
    {
        var name = NameOf(input.StreamName, input.StreamARN);
        await DemandAsync(call, identity.StreamArn(name));
        return name;
    }

    /// <inheritdoc cref="DemandStreamAsync(StreamInput, AwsCall)"/>
    public async ValueTask<string> DemandStreamAsync(string streamArn, AwsCall call)
    {
        var name = NameOf(null, streamArn);
        await DemandAsync(call, identity.StreamArn(name));
        return name;
    }

    /// <summary>The stream that a name, an ARN, or both stand for.</summary>
    public string NameOf(string? name, string? arn)
    {
        if (arn is null)
        {
            return name ?? throw AwsException.InvalidArgument("Either StreamName or StreamARN should be provided.");
        }

        var named = OwnPart(arn)["stream/".Length..];
        return name is null || name == named
            ? named
            : throw AwsException.InvalidArgument($"StreamName {name} and StreamARN {arn} do not name the same stream.");
    }

    public ValueTask DemandAsync(AwsCall call, string resourceArn) => DemandAsync(call, call.Operation, resourceArn);

    /// <summary>Asks for another operation's leave, which the call's own does not give.</summary>
    public ValueTask DemandAsync(AwsCall call, string operation, string resourceArn) =>
        authorizer.DemandAsync(call.Caller, $"kinesis:{operation}", resourceArn, call.Cancellation);

    /// <summary>The consumer that an ARN, or a stream's ARN and a name, stand for, once the caller is allowed to the operation.</summary>
    /// <exception cref="BrokerException">ResourceNotFound: there is none, or only a later one of the same name.</exception>
    public async Task<NamedConsumer> DemandConsumerAsync(string? streamArn, string? consumerName, string? consumerArn, AwsCall call)
    {
        if (consumerArn is null && (streamArn is null || consumerName is null))
        {
            throw AwsException.InvalidArgument("Either ConsumerARN, or both StreamARN and ConsumerName should be provided.");
        }

        var (stream, consumer, created) = consumerArn is null ? (NameOf(null, streamArn), consumerName!, null) : SplitConsumer(consumerArn);
        if (consumerArn is not null && ((streamArn is not null && NameOf(null, streamArn) != stream) || (consumerName is not null && consumerName != consumer)))
        {
            throw AwsException.InvalidArgument($"ConsumerARN {consumerArn} is not that of the StreamARN and ConsumerName that come with it.");
        }

        // Policies name the consumer by its ARN, whose creation second only its stream knows.
        ConsumerDescription? found;
        try
        {
            found = await calls.AskAsync(stream, grain => grain.DescribeConsumerAsync(consumer), call.Cancellation);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ResourceNotFound && authorizer.IsOn)
        {
            await DemandAsync(call, consumerArn ?? identity.NewConsumerArn(stream, consumer));
            throw;
        }

        var arn = identity.ConsumerArn(stream, found);
        await DemandAsync(call, arn);
        return created is null || created == found.CreatedUnixMilliseconds / 1000
            ? new NamedConsumer(stream, arn, found)
            : throw new BrokerException(
                BrokerErrorCode.ResourceNotFound, $"Consumer {consumer}, stream {stream} under account {identity.AccountId} not found.");
    }

    /// <summary>The stream, and the consumer or "", that a resource's ARN stands for, once the caller is allowed to the operation.</summary>
    public async ValueTask<(string StreamName, string Consumer)> DemandResourceAsync(string resourceArn, AwsCall call)
    {
        if (!ConsumerArn.IsMatch(resourceArn))
        {
            return (await DemandStreamAsync(resourceArn, call), "");
        }

        var named = await DemandConsumerAsync(null, null, resourceArn, call);
        return (named.StreamName, named.Consumer.Name);
    }

    [GeneratedRegex(@"\A" + Shapes.Patterns.ConsumerArn + @"\z", RegexOptions.CultureInvariant)]
    private static partial Regex ConsumerArn { get; }

    private (string Stream, string Consumer, long? CreatedSecond) SplitConsumer(string consumerArn)
    {
        var part = OwnPart(consumerArn)["stream/".Length..];
        var middle = part.IndexOf(ConsumerPart, StringComparison.Ordinal);
        var consumer = part[(middle + ConsumerPart.Length)..];
        var colon = consumer.LastIndexOf(':');
        return (part[..middle], consumer[..colon], long.TryParse(consumer.AsSpan(colon + 1), CultureInfo.InvariantCulture, out var second) ? second : -1);
    }

    /// <summary>What follows region and account, which must be ours: one endpoint answers for one of each.</summary>
    private string OwnPart(string arn)
    {
        var parts = arn.Split(':', 6);
        if (parts[3] != identity.Region || parts[4] != identity.AccountId)
        {
            throw new BrokerException(
                BrokerErrorCode.ResourceNotFound,
                $"Resource {arn} not found: this endpoint answers for account {identity.AccountId} in {identity.Region} (Broker:Identity).");
        }

        return parts[5];
    }
}
