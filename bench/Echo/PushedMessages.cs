using Broker.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Echo;

/// <summary>The messages of SubscribeToShard from the beginning of each shard until it is caught up, as bytes.</summary>
internal sealed class PushedMessages
{
    private readonly Dictionary<string, List<byte[]>> shards = [];

    /// <summary>The call, with messages as they travel.</summary>
    public static Method<SubscribeToShardRequest, byte[]> Method { get; } = new(
        MethodType.ServerStreaming,
        "broker.v1.RecordService",
        "SubscribeToShard",
        Marshallers.Create(static request => request.ToByteArray(), SubscribeToShardRequest.Parser.ParseFrom),
        Marshallers.Create(static message => message, static bytes => bytes));

    /// <returns>Those of one shard.</returns>
    public IReadOnlyList<byte[]> this[string shardId] => shards[shardId];

    public static async Task<PushedMessages> ReadAsync(CallInvoker broker, string stream)
    {
        var pushed = new PushedMessages();
        var listed = await new StreamService.StreamServiceClient(broker).ListShardsAsync(new ListShardsRequest { StreamName = stream });
        foreach (var shard in listed.Shards)
        {
            var messages = pushed.shards[shard.ShardId] = [];
            var request = new SubscribeToShardRequest
            {
                StreamName = stream,
                ShardId = shard.ShardId,
                StartingPosition = new StartingPosition { Type = ShardIteratorType.TrimHorizon },
            };
            using var call = broker.AsyncServerStreamingCall(Method, null, default, request);
            while (await call.ResponseStream.MoveNext(default))
            {
                messages.Add(call.ResponseStream.Current);
                if (SubscribeToShardResponse.Parser.ParseFrom(call.ResponseStream.Current).MillisBehindLatest == 0)
                {
                    break;
                }
            }
        }

        return pushed;
    }
}
