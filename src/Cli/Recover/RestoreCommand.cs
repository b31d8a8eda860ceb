using System.CommandLine;
using System.Globalization;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Losses;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.V1;
using Grpc.Core;
using Npgsql;

namespace Broker.Cli.Recover;

/// <summary><c>broker restore</c>: after a database was restored, tells what is lost and moves every shard past it.</summary>
internal static class RestoreCommand
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var postgres = new Option<string[]>("--postgres")
        {
            Description = "Connection string of the restored database; once for each where the log has several, the first of them first.",
            HelpName = "CONNECTIONSTRING",
            Required = true,
        };
        var before = new Option<string[]>("--before")
        {
            Description = "Connection string of the database as it was later than the copy, if it can still be read (the old primary, a later copy); as often as --postgres, in the same order. It is only read.",
            HelpName = "CONNECTIONSTRING",
        };
        var endpoint = new Option<string?>("--endpoint")
        {
            Description = "A gateway of the cluster, if its processes ran on: its silos compare all their shards with the database.",
            HelpName = "URL",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only tell what is lost, and note it: shards that lost something take nothing." };
        var identity = new IdentityOptions();
        var command = new Command("restore", """
            After a database was restored from a backup: tell which acknowledged records are lost, as far as the processes that ran on or the database
            before know, and move every shard past all sequence numbers that were ever given. Exit code 0, whether something is lost or not.
            """)
        {
            postgres, before, endpoint, dryRun,
        };
        identity.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(before) is { Length: > 0 } olds && olds.Length != result.GetValue(postgres)?.Length)
            {
                result.AddError("--before must be given as often as --postgres, or not at all.");
            }

            if (result.GetValue(endpoint) is { } url && ClientOptions.ParseEndpoints(url) is null)
            {
                result.AddError($"--endpoint '{url}' is not a URL like {ClientOptions.DefaultEndpoint}.");
            }
        });
        command.SetAction(async (parse, cancellation) =>
        {
            try
            {
                var target = parse.GetValue(endpoint) is { } url ? identity.Resolve(parse, ClientOptions.ParseEndpoints(url)![0], null) : null;
                return await RunAsync(parse.GetValue(postgres)!, parse.GetValue(before) ?? [], target, parse.GetValue(dryRun), cancellation);
            }
            catch (ArgumentException exception)
            {
                Console.Error.WriteLine($"broker: --postgres or --before is not a connection string: {exception.Message}");
                return ExitCode.Usage;
            }
            catch (CommandException exception)
            {
                Console.Error.WriteLine($"broker: {exception.Message}");
                return exception.ExitCode;
            }
            catch (RpcException exception)
            {
                var report = ErrorReport.From(exception, new Uri(parse.GetValue(endpoint)!));
                Console.Error.WriteLine(report.Line);
                return report.ExitCode;
            }
            catch (StorageException exception)
            {
                Console.Error.WriteLine($"broker: {exception.Message}");
                return exception.InnerException is NpgsqlException and not PostgresException ? ExitCode.CannotConnect : ExitCode.Failure;
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Interrupted;
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(string[] restored, string[] before, BrokerEndpoint? endpoint, bool dryRun, CancellationToken cancellation)
    {
        if (endpoint is not null)
        {
            await AskSilosAsync(endpoint, dryRun, cancellation);
        }

        // Names and lineage are in the first database alone.
        var options = OptionsOf(restored[0]);
        await using var first = options.CreateDataSource();
        await PostgresSchema.VerifyAsync(first, cancellation);
        var report = new LossReport(new PostgresRowStore(first, options, TimeProvider.System));
        for (var i = 0; i < restored.Length; i++)
        {
            await using var database = OptionsOf(restored[i]).CreateDataSource();
            await PostgresSchema.VerifyAsync(database, cancellation);
            var losses = new PostgresLosses(database);
            var heads = await losses.ListHeadsAsync(cancellation);
            if (before.Length > 0)
            {
                await CompareAsync(losses, heads, before[i], cancellation);
            }

            var noted = await losses.ListAsync(null, cancellation);
            await report.TellAsync(noted, heads.Count, cancellation);
            if (!dryRun)
            {
                var moved = await losses.AcceptAsync(null, force: true, cancellation);
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{moved} shards moved on by {ShardLoss.Distance} positions; they take records, with numbers that were never given."));
            }
        }

        return ExitCode.Success;
    }

    /// <exception cref="CommandException">A silo does not answer: once shards are moved on, nobody would ask it again.</exception>
    private static async Task AskSilosAsync(BrokerEndpoint endpoint, bool dryRun, CancellationToken cancellation)
    {
        using var connection = BrokerConnection.Open(endpoint);
        var answer = await connection.Cluster.CheckShardsAsync(new CheckShardsRequest(), cancellationToken: cancellation);
        if (answer.SilentSilos.Count > 0)
        {
            var silent = $"Silos {string.Join(", ", answer.SilentSilos)} did not compare their shards: what they alone know to be lost is not told.";
            if (!dryRun)
            {
                throw new CommandException($"{silent} Nothing was moved on: try again when they answer or are gone (broker cluster status), or leave --endpoint out.");
            }

            Console.Error.WriteLine($"broker: {silent}");
        }

        Console.Out.WriteLine($"{StreamTables.Plural(answer.CheckedShards, "shard")} compared by the silos that own them.");
    }

    /// <summary>Notes what a later state of the database has and this one lacks.</summary>
    private static async Task CompareAsync(
        PostgresLosses losses, IReadOnlyList<KnownHead> heads, string before, CancellationToken cancellation)
    {
        var options = OptionsOf(before);
        await using var database = options.CreateDataSource();
        var present = heads.ToDictionary(static head => head.Shard);
        List<KnownHead> gone = [];
        foreach (var old in await new PostgresLosses(database).ListHeadsAsync(cancellation))
        {
            if (!present.TryGetValue(old.Shard, out var head))
            {
                gone.Add(old);
            }
            else if (old.NextPosition > head.NextPosition || old.Epoch > head.Epoch)
            {
                await losses.NoteAsync(head, old, "the database before", cancellation);
            }
        }

        await LossReport.TellGoneAsync(gone, new PostgresRowStore(database, options, TimeProvider.System), cancellation);
    }

    private static PostgresOptions OptionsOf(string connectionString) => new() { ConnectionString = connectionString, StatementTimeout = LongestStatement };
}
