using System.CommandLine;
using Broker.Cli.Records;
using Broker.V1;
using Google.Protobuf.WellKnownTypes;

namespace Broker.Cli.Groups;

/// <summary><c>broker consume</c>: a worker of an application, which writes what it is given and checkpoints it.</summary>
internal static class ConsumeCommand
{
    public static Command Create()
    {
        var application = AppCommand.NameArgument();
        var streams = new Argument<string[]>("STREAM") { Description = "The streams.", Arity = ArgumentArity.OneOrMore };
        var from = new Option<string>("--from")
        {
            Description = "Where an application begins with a stream that is new to it: trim-horizon, latest, a time (ISO 8601) or Unix seconds. " +
                "Where it has been before, it goes on from its checkpoints.",
            HelpName = "trim-horizon|latest|TIMESTAMP",
            DefaultValueFactory = _ => "latest",
        };
        from.Validators.Add(result =>
        {
            if (!StartOption.TryParse(result.GetValueOrDefault<string>()!, out _))
            {
                result.AddError($"--from '{result.GetValueOrDefault<string>()}' is neither trim-horizon, latest nor a time.");
            }
        });
        var worker = new Option<string?>("--worker")
        {
            Description = "The worker's id; one that is kept over restarts goes on at once. By default a new one every time.",
            HelpName = "ID",
        };
        var count = new Option<long?>("--count") { Description = "End after N records.", HelpName = "N" };
        var failover = new Option<double?>("--failover-time")
        {
            Description = "Seconds that a worker of the application may be silent before its shards go to others: 2 to 600.",
            HelpName = "SECONDS",
        };
        var output = new Option<string>("--output", "-o")
        {
            Description = "raw: the data and a newline. json: an object a line, as 'broker tail' writes it.",
            HelpName = "raw|json",
            DefaultValueFactory = _ => "raw",
        };
        output.AcceptOnlyFromAmong("raw", "json");
        var command = new Command("consume", "Share the shards of streams with the other workers of an application; what is written is checkpointed.")
        {
            application, streams, from, worker, count, failover, output,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(count) is <= 0)
            {
                result.AddError("--count must be above 0.");
            }

            if (result.GetValue(failover) is < 2 or > 600)
            {
                result.AddError("--failover-time must be 2 to 600.");
            }
        });
        new ClientOptions().Attach(
            command,
            async (parse, context) =>
            {
                var join = new ConsumeJoin
                {
                    ApplicationName = parse.GetRequiredValue(application),
                    WorkerId = parse.GetValue(worker) ?? $"cli-{Guid.NewGuid():N}",
                    InitialPosition = StartOption.Parse(parse.GetRequiredValue(from)),
                    FailoverTime = parse.GetValue(failover) is { } seconds ? Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds)) : null,
                };
                join.StreamNames.AddRange(parse.GetRequiredValue(streams));
                await using var stdout = TailCommand.OpenOutput();
                var writer = new RecordWriter(stdout, parse.GetValue(output) == "json");
                await new ConsumeJob(context, join, writer, parse.GetValue(count)).RunAsync(context.Interruption.SplitFirst(), context.Cancellation);
                return ExitCode.Success;
            },
            ownOutput: true);
        return command;
    }
}
