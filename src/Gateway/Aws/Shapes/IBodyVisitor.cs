namespace Broker.Gateway.Aws.Shapes;

/// <summary>Takes what it wants out of a body, whichever protocol wrote it.</summary>
internal interface IBodyVisitor<out T>
{
    T Visit<TReader>(ref TReader reader)
        where TReader : struct, IShapeReader, allows ref struct;
}
