using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Aws;

/// <summary>One operation of AWS's API. One instance serves all requests; thread-safe.</summary>
internal abstract class AwsOperation
{
    private const int PartBytes = 256 * 1024;

    /// <summary>AWS's name: the class's.</summary>
    public string Name => GetType().Name;

    /// <summary>Reads the request, carries it out and writes the answer; throws what <see cref="AwsEndpoint"/> turns into an error.</summary>
    public abstract Task InvokeAsync(AwsCall call);

    /// <summary>Writes a complete answer.</summary>
    protected static async Task AnswerAsync(AwsCall call, PooledBuffer? body)
    {
        var response = call.Http.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = call.Protocol.ContentType;
        response.ContentLength = body?.Length ?? 0;
        if (body is not null)
        {
            // In parts: all that is written at once is copied before any of it is awaited.
            for (var rest = body.Written; rest.Length > 0; rest = rest[Math.Min(rest.Length, PartBytes)..])
            {
                await response.Body.WriteAsync(rest[..Math.Min(rest.Length, PartBytes)], call.Cancellation);
            }
        }
    }
}

/// <summary>An operation whose request and answer are objects of shapes: read, checked and written by what the shapes say.</summary>
/// <typeparam name="TInput">The request.</typeparam>
/// <typeparam name="TOutput">The answer; <see cref="NoOutput"/> where there is none.</typeparam>
internal abstract class AwsOperation<TInput, TOutput> : AwsOperation
    where TInput : class
    where TOutput : class
{
    private static readonly Shape InputShape = Shape.Of(typeof(TInput));
    private static readonly Shape OutputShape = Shape.Of(typeof(TOutput));

    public sealed override async Task InvokeAsync(AwsCall call)
    {
        var input = (TInput)call.Protocol.Decode(call.Body, InputShape);
        ShapeValidator.Check(InputShape, input);
        var output = await RunAsync(input, call);
        if (output is NoOutput)
        {
            await AnswerAsync(call, null);
            return;
        }

        using var body = new PooledBuffer();
        ShapeEncoder.Encode(call.Protocol.CreateWriter(body), OutputShape, output);
        await AnswerAsync(call, body);
    }

    /// <summary>Carries out a request that has AWS's form.</summary>
    protected abstract Task<TOutput> RunAsync(TInput input, AwsCall call);
}
