using System.CommandLine;
using Broker.Cli.Output;
using Broker.V1;

namespace Broker.Cli.Streams;

/// <summary><c>broker limits</c>: the quotas and what is used of them.</summary>
internal static class LimitsCommand
{
    public static Command Create()
    {
        var command = new Command("limits", "Show the quotas and what is used of them.");
        new ClientOptions().Attach(command, async (_, context) =>
        {
            var limits = await context.Connection.Streams.DescribeLimitsAsync(new DescribeLimitsRequest(), cancellationToken: context.Cancellation);
            context.Answer(limits, console =>
            {
                var table = StreamTables.New("quota", "used", "limit");
                StreamTables.AddRow(table, "open shards of PROVISIONED streams", $"{limits.OpenShardCount}", $"{limits.ShardLimit}");
                StreamTables.AddRow(table, "ON_DEMAND streams", $"{limits.OnDemandStreamCount}", $"{limits.OnDemandStreamCountLimit}");
                StreamTables.AddRow(table, "memory of silent producers", "", $"{limits.ProducerStateRetention?.ToTimeSpan()}");
                console.Write(table);
            });
            return ExitCode.Success;
        });
        return command;
    }
}
