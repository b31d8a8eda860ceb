using Broker.Contracts.Errors;
using Broker.Gateway.Errors;
using Google.Protobuf;
using Grpc.Core;

namespace Broker.Gateway.Wire;

/// <summary>Marshallers of the server's side for generated messages.</summary>
internal static class ProtoMarshallers
{
    /// <summary>Reads requests; one that does not parse is the client's fault, and it is told so.</summary>
    public static Marshaller<T> Reading<T>(MessageParser<T> parser)
        where T : class, IMessage<T> => Marshallers.Create<T>(
            static (_, _) => throw new NotSupportedException("The gateway reads requests and writes none."),
            context =>
            {
                try
                {
                    return parser.ParseFrom(context.PayloadAsReadOnlySequence());
                }
                catch (InvalidProtocolBufferException)
                {
                    throw BrokerErrors.ToRpcException(BrokerErrorCode.InvalidArgument, "The request is malformed.");
                }
            });

    /// <summary>Writes responses.</summary>
    public static Marshaller<T> Writing<T>()
        where T : class, IMessage<T> => Marshallers.Create<T>(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            static _ => throw new NotSupportedException("The gateway writes responses and reads none."));
}
