using System.CommandLine;
using System.Globalization;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Clusters;

/// <summary><c>broker cluster</c>: what operators ask of a cluster that runs.</summary>
internal static class ClusterCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public static Command Create() => new("cluster", "Look at a cluster, empty a silo, raise the cluster's level.")
    {
        Status(),
        Drain(),
        Upgrade(),
    };

    private static Command Status()
    {
        var lag = new Option<bool>("--lag") { Description = "Also how far consumer groups are behind, which reads from every shard that they have." };
        var command = new Command("status", "Show silos, what they carry, and the cluster's level.") { lag };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var answer = await context.Connection.Cluster.GetClusterStatusAsync(
                new GetClusterStatusRequest { IncludeLag = parse.GetValue(lag) }, cancellationToken: context.Cancellation);
            context.Answer(answer, console =>
            {
                console.WriteLine(ClusterTables.OneLine(answer));
                console.Write(ClusterTables.Silos(answer.Silos));
                if (answer.Lags.Count > 0)
                {
                    console.Write(ClusterTables.Lags(answer.Lags));
                }
            });
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Drain()
    {
        var silo = new Argument<string>("SILO") { Description = "Its name or address, as 'status' tells it." };
        var undo = new Option<bool>("--undo") { Description = "Take it back: the silo is given shards again." };
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait until it has no shards." };
        var command = new Command(
            "drain", "Have a silo hand its shards over, be given none, and be not ready, without stopping it. Forgotten when its process ends.")
        {
            silo, undo, noWait,
        };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var name = parse.GetRequiredValue(silo);
            var isUndo = parse.GetValue(undo);
            await context.Connection.Cluster.DrainSiloAsync(new DrainSiloRequest { Silo = name, Undo = isUndo }, cancellationToken: context.Cancellation);
            if (!isUndo && !parse.GetValue(noWait))
            {
                await WaitUntilEmptyAsync(context, name);
            }

            context.Error.WriteLine(isUndo ? $"{name} is given shards again." : parse.GetValue(noWait) ? $"{name} gives its shards away." : $"{name} has no shards.");
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Upgrade()
    {
        var level = new Option<int>("--level") { Description = "The level. Default the highest that all silos serve.", HelpName = "N" };
        var command = new Command(
            "upgrade", "Raise the cluster's level, once all its silos are of the new release: its formats are written from then on, and older builds cannot join. Not to be taken back.")
        {
            level,
        };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var answer = await context.Connection.Cluster.UpgradeClusterAsync(
                new UpgradeClusterRequest { Level = parse.GetValue(level) }, cancellationToken: context.Cancellation);
            context.Answer(answer, console => console.WriteLine(answer.Level == answer.PreviousLevel
                ? string.Create(CultureInfo.InvariantCulture, $"The cluster is at level {answer.Level} already.")
                : string.Create(CultureInfo.InvariantCulture, $"The cluster is at level {answer.Level}; it was at {answer.PreviousLevel}.")));
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task WaitUntilEmptyAsync(ClientContext context, string name)
    {
        while (true)
        {
            var status = await context.Connection.Cluster.GetClusterStatusAsync(new GetClusterStatusRequest(), cancellationToken: context.Cancellation);
            var silo = status.Silos.FirstOrDefault(silo => silo.Name == name || silo.Address == name || silo.Address.Split('@')[0] == name);
            if (silo is null or { Load: { Drained: true, ShardCount: 0 } })
            {
                return;
            }

            if (silo.Load is { Drained: false })
            {
                throw new CommandException($"{name} is not drained any more: it was told so, or was started anew.");
            }

            await Task.Delay(LookEvery, context.Cancellation);
        }
    }
}
