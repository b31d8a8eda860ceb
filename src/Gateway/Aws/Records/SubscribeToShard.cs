using Broker.Contracts.Errors;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Broker.Gateway.Hosting;
using Broker.Gateway.Reading;
using Broker.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, SubscribeToShard: events for five minutes, then the client subscribes again where it was.</summary>
internal sealed class SubscribeToShard(
    AwsResources resources,
    AwsShards shards,
    StreamRoutes routes,
    StartingPositions positions,
    Subscriptions subscriptions,
    GatewayDrain drain,
    TimeProvider clock,
    IOptions<GatewayOptions> options) : AwsOperation
{
    private static readonly Shape InputShape = Shape.Of(typeof(Input));

    public override async Task InvokeAsync(AwsCall call)
    {
        var input = (Input)call.Protocol.Decode(call.Body, InputShape);
        ShapeValidator.Check(InputShape, input);
        drain.Enter();
        try
        {
            using var lifetime = new CancellationTokenSource(options.Value.SubscriptionLifetime, clock);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation, drain.Draining, lifetime.Token);
            var open = await OpenAsync(input, call, ending.Token);
            await SendAsync(open, call, ending.Token);
        }
        finally
        {
            drain.Leave();
        }
    }

    private async Task<OpenSubscription> OpenAsync(Input input, AwsCall call, CancellationToken cancellation)
    {
        var (name, _, consumer) = await resources.DemandConsumerAsync(null, null, input.ConsumerARN, call);
        shards.Parse(name, input.ShardId!);
        var (route, shard) = await positions.FindShardAsync(await routes.GetAsync(name, cancellation), input.ShardId!, cancellation);
        DryRuns.EndIf(input.DryRun);
        var asked = input.StartingPosition!;
        var start = StartingPositionShape.ToMessage(asked.Type!, asked.SequenceNumber, asked.Timestamp);
        return await subscriptions.OpenAsync(route, shard, consumer.Name, () => positions.ResolveAsync(route, shard, start, cancellation));
    }

    private async Task SendAsync(OpenSubscription open, AwsCall call, CancellationToken cancellation)
    {
        var response = call.Http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = EventStreamWriter.ContentType;
        call.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var writer = new EventStreamWriter(response, call.Protocol, call.Cancellation);
        await writer.BeginAsync();
        try
        {
            await subscriptions.RunAsync(open, writer, cancellation);
        }
        catch (OperationCanceledException) when (!call.Cancellation.IsCancellationRequested)
        {
            // Five minutes are over, or this gateway stops: the stream ends as a whole one does, and clients go on after it.
        }
        catch (BrokerException exception)
        {
            await writer.FailAsync(AwsErrors.ToEvent(exception.Code, exception.Message));
        }
    }

    internal sealed class Input
    {
        [Required, Pattern(Patterns.ConsumerArn), Bounds(1, 2048)]
        public string? ConsumerARN { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }

        [Required, Pattern(Patterns.Name), Bounds(1, 128)]
        public string? ShardId { get; set; }

        [Required]
        public StartingPositionShape? StartingPosition { get; set; }

        public bool? DryRun { get; set; }
    }
}
