using System.CommandLine;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream retention</c>: longer or shorter, whichever it takes.</summary>
internal static class RetentionCommand
{
    public static Command Create()
    {
        var name = StreamCommand.NameArgument();
        var hours = new Argument<int>("HOURS") { Description = "24 to 8760." };
        var noWait = StreamCommand.NoWaitOption();
        var command = new Command("retention", "Set how long records are kept. Shortening it expires records at once.") { name, hours, noWait };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var stream = parse.GetRequiredValue(name);
            var target = parse.GetValue(hours);
            var present = (await StreamState.DescribeAsync(context, stream)).RetentionPeriodHours;
            if (target >= present)
            {
                await context.Connection.Streams.IncreaseStreamRetentionPeriodAsync(
                    new IncreaseStreamRetentionPeriodRequest { StreamName = stream, RetentionPeriodHours = target },
                    cancellationToken: context.Cancellation);
            }
            else
            {
                await context.Connection.Streams.DecreaseStreamRetentionPeriodAsync(
                    new DecreaseStreamRetentionPeriodRequest { StreamName = stream, RetentionPeriodHours = target },
                    cancellationToken: context.Cancellation);
            }

            return await StreamState.AnswerAsync(context, stream, parse.GetValue(noWait), "Set");
        });
        return command;
    }
}
