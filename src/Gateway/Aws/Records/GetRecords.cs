using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Hosting;
using Broker.Gateway.Reading;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Aws.Records;

/// <summary>AWS, GetRecords: from blocks to the answer's bytes without objects for records.</summary>
internal sealed class GetRecords(
    AwsResources resources, RecordReads reads, AnswerBudget answers, BrokerIdentity identity, Throttling throttling, IOptions<BrokerLimits> limits)
    : AwsOperation
{
    private static readonly Shape InputShape = Shape.Of(typeof(Input));

    public override async Task InvokeAsync(AwsCall call)
    {
        var input = (Input)call.Protocol.Decode(call.Body, InputShape);
        ShapeValidator.Check(InputShape, input);
        var cursor = await reads.OpenAsync(input.ShardIterator!, call.Cancellation);
        var name = cursor.Route.Stream.Name;
        if (input.StreamARN is not null && resources.NameOf(null, input.StreamARN) != name)
        {
            throw AwsException.InvalidArgument($"StreamARN {input.StreamARN} is not that of the stream that ShardIterator is of.");
        }

        await resources.DemandAsync(call, identity.StreamArn(name));
        DryRuns.EndIf(input.DryRun);
        var most = limits.Value.MaxRecordsPerRead;
        var page = await ReadAsync(cursor, Math.Min(input.Limit ?? most, most), call.Cancellation);
        var expected = AwsPageWriter.Expect(page);
        answers.Hold(call.Http, expected);
        using var body = new PooledBuffer(expected);
        AwsPageWriter.WriteAnswer(call.Protocol, body, page);
        await AnswerAsync(call, body);
    }

    private async ValueTask<RecordPage> ReadAsync(ShardCursor cursor, int limit, CancellationToken cancellation)
    {
        try
        {
            return await reads.ReadAsync(cursor, limit, cancellation);
        }
        catch (BrokerException exception) when (exception.Code == BrokerErrorCode.ProvisionedThroughputExceeded)
        {
            throw new BrokerException(exception.Code, throttling.Word(exception.Code, exception.Message, cursor.Route.Stream.Name));
        }
    }

    internal sealed class Input
    {
        [Bounds(1, 10_000)]
        public int? Limit { get; set; }

        [Required, Bounds(1, 512)]
        public string? ShardIterator { get; set; }

        [Pattern(Patterns.StreamArn), Bounds(1, 2048)]
        public string? StreamARN { get; set; }

        [Pattern(Patterns.StreamId), Bounds(1, 24)]
        public string? StreamId { get; set; }

        public bool? DryRun { get; set; }
    }
}
