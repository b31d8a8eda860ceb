using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream distribution</c>.</summary>
internal static class DistributionCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var strategy = new Argument<string>("STRATEGY")
        {
            Description = "keys: the partition key decides a record's shard; auto: records are spread evenly (ON_DEMAND streams only).",
        };
        strategy.AcceptOnlyFromAmong("keys", "auto");
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("distribution", "Set what decides the shard of a record.") { name, strategy, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            await context.Connection.Streams.UpdateStreamRecordDistributionStrategyAsync(
                new UpdateStreamRecordDistributionStrategyRequest
                {
                    StreamName = stream,
                    RecordDistributionStrategy = parse.GetValue(strategy) == "auto"
                        ? RecordDistributionStrategy.Auto
                        : RecordDistributionStrategy.UserPartitionKey,
                },
                cancellationToken: context.Cancellation);
            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), "Set");
        });
        return command;
    }
}
