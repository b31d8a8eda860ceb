using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Shapes;

namespace Broker.Gateway.Aws.Protocols;

/// <summary>One of the three ways in which AWS's clients write the same shapes. The one seam between operations and the wire; stateless.</summary>
internal abstract class AwsProtocol
{
    public static AwsProtocol Json { get; } = new JsonProtocol();

    public static AwsProtocol Cbor { get; } = new CborProtocol();

    public static AwsProtocol RpcV2Cbor { get; } = new RpcV2CborProtocol();

    /// <summary>For metrics.</summary>
    public abstract string Name { get; }

    /// <summary>Of requests and answers.</summary>
    public abstract string ContentType { get; }

    /// <summary>Reads the one document that a body is.</summary>
    /// <param name="body">The reader may change it.</param>
    /// <param name="visitor">Takes what it wants; the rest must be well-formed all the same.</param>
    /// <exception cref="AwsException">SerializationException.</exception>
    public abstract T Read<T>(Memory<byte> body, IBodyVisitor<T> visitor);

    public abstract ShapeWriter CreateWriter(PooledBuffer output);

    /// <summary>How an error's type is written.</summary>
    public virtual string ToErrorType(AwsError error) => error.Type;

    public object Decode(Memory<byte> body, Shape shape) => Read(body, new ObjectVisitor(shape));

    public void EncodeError(PooledBuffer output, AwsError error)
    {
        var writer = CreateWriter(output);
        writer.BeginMap();
        writer.WriteKey("__type"u8);
        writer.WriteString(ToErrorType(error));
        if (error.Message is { } message)
        {
            // AWS spells it so where its deserializer speaks.
            writer.WriteKey(error.IsSerialization ? "Message"u8 : "message"u8);
            writer.WriteString(message);
        }

        writer.EndMap();
    }

    private sealed class ObjectVisitor(Shape shape) : IBodyVisitor<object>
    {
        public object Visit<TReader>(ref TReader reader)
            where TReader : struct, IShapeReader, allows ref struct =>
            reader.Token == ShapeToken.Map ? ShapeDecoder.Decode(ref reader, shape)! : throw AwsException.Serialization(null);
    }

    private sealed class JsonProtocol : AwsProtocol
    {
        public override string Name => "aws-json";

        public override string ContentType => "application/x-amz-json-1.1";

        public override T Read<T>(Memory<byte> body, IBodyVisitor<T> visitor)
        {
            var reader = new JsonShapeReader(body);
            var result = visitor.Visit(ref reader);
            reader.End();
            return result;
        }

        public override ShapeWriter CreateWriter(PooledBuffer output) => new JsonShapeWriter(output);
    }

    private class CborProtocol : AwsProtocol
    {
        public override string Name => "aws-cbor";

        public override string ContentType => "application/x-amz-cbor-1.1";

        protected virtual bool TimesInMilliseconds => true;

        public override T Read<T>(Memory<byte> body, IBodyVisitor<T> visitor)
        {
            var reader = new CborShapeReader(body, TimesInMilliseconds ? 0.001 : 1);
            var result = visitor.Visit(ref reader);
            reader.End();
            return result;
        }

        public override ShapeWriter CreateWriter(PooledBuffer output) => new CborShapeWriter(output, TimesInMilliseconds);
    }

    /// <remarks>smithy.io, Smithy RPC v2 CBOR protocol.</remarks>
    private sealed class RpcV2CborProtocol : CborProtocol
    {
        public override string Name => "rpc-v2-cbor";

        public override string ContentType => "application/cbor";

        protected override bool TimesInMilliseconds => false;

        public override string ToErrorType(AwsError error) => $"com.amazonaws.kinesis#{error.Type}";
    }
}
