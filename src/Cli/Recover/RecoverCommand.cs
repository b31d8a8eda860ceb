using System.CommandLine;
using System.Globalization;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Losses;
using Broker.Silo.Storage.Postgres.Rows;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;
using Npgsql;

namespace Broker.Cli.Recover;

/// <summary><c>broker recover</c>: tells what a database's shards are known to have lost, and lets them go on without it.</summary>
internal static class RecoverCommand
{
    private static readonly TimeSpan LongestStatement = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var postgres = new Option<string[]>("--postgres")
        {
            Description = "Connection string of the database, as in 'Host=db;Database=broker;Username=broker;Password=...'; once for each where the log has several, the first of them first.",
            HelpName = "CONNECTIONSTRING",
            Required = true,
        };
        var stream = new Option<string?>("--stream") { Description = "The shards of one stream alone. The others of the database lost records too.", HelpName = "NAME" };
        var account = new Option<string>("--account")
        {
            Description = "The stream's account (default 000000000000).",
            HelpName = "ID",
            DefaultValueFactory = _ => new BrokerIdentity().AccountId,
        };
        var accept = new Option<bool>("--accept-loss")
        {
            Description = "Go on without the lost records: moves every shard past all sequence numbers that were ever given. They stay lost.",
        };
        var force = new Option<bool>("--force")
        {
            Description = "With --accept-loss: also where no loss is noted, as after a restore that no process has noticed yet.",
        };
        var command = new Command(
            "recover", "List acknowledged records that a restored or failed-over database lost (exit code 1 where there are any), and go on without them.")
        {
            postgres, stream, account, accept, force,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(force) && !result.GetValue(accept))
            {
                result.AddError("--force goes with --accept-loss.");
            }
        });
        command.SetAction((parse, cancellation) => RunAsync(
            parse.GetValue(postgres)!, parse.GetValue(stream), parse.GetValue(account)!, parse.GetValue(accept), parse.GetValue(force), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        string[] connectionStrings, string? stream, string account, bool accept, bool force, CancellationToken cancellation)
    {
        try
        {
            // Names are in the first database alone.
            var options = OptionsOf(connectionStrings[0]);
            await using var first = options.CreateDataSource();
            await PostgresSchema.VerifyAsync(first, cancellation);
            var rows = new PostgresRowStore(first, options, TimeProvider.System);
            StreamGeneration? generation = stream is null ? null : await FindAsync(rows, account, stream, cancellation);
            var count = 0;
            foreach (var connectionString in connectionStrings)
            {
                await using var database = OptionsOf(connectionString).CreateDataSource();
                await PostgresSchema.VerifyAsync(database, cancellation);
                count += await RecoverAsync(new PostgresLosses(database), rows, generation, accept, force, cancellation);
            }

            return count == 0 || accept ? ExitCode.Success : ExitCode.Failure;
        }
        catch (ArgumentException exception)
        {
            Console.Error.WriteLine($"broker: --postgres is not a connection string: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (CommandException exception)
        {
            Console.Error.WriteLine($"broker: {exception.Message}");
            return exception.ExitCode;
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
    }

    /// <returns>Losses that were noted.</returns>
    private static async Task<int> RecoverAsync(
        PostgresLosses losses, PostgresRowStore rows, StreamGeneration? generation, bool accept, bool force, CancellationToken cancellation)
    {
        var noted = await losses.ListAsync(generation, cancellation);
        foreach (var loss in noted)
        {
            Console.Out.WriteLine(await DescribeAsync(rows, loss, cancellation));
        }

        if (accept)
        {
            var moved = await losses.AcceptAsync(generation, force, cancellation);
            Console.Out.WriteLine(moved == 0
                ? "No loss is noted: nothing was changed. --force moves the shards all the same."
                : string.Create(CultureInfo.InvariantCulture, $"{moved} shards moved on by {ShardLoss.Distance} positions; they take records again."));
            return noted.Count;
        }

        Console.Out.WriteLine(noted.Count == 0
            ? "No loss is noted."
            : "These shards take nothing. The other shards of the database lost records too, which nobody may have noticed: --accept-loss moves all on.");
        return noted.Count;
    }

    private static PostgresOptions OptionsOf(string connectionString) => new() { ConnectionString = connectionString, StatementTimeout = LongestStatement };

    private static async Task<StreamGeneration> FindAsync(PostgresRowStore rows, string account, string stream, CancellationToken cancellation) =>
        await rows.GetAsync(RowKeys.Name(account, stream), cancellation) is { } row
            ? new StreamGeneration(RowCodec.Decode(row, StreamRowsJson.Default.NameRow).Generation)
            : throw new CommandException($"Stream {stream} under account {account} not found in this database.");

    private static async Task<string> DescribeAsync(PostgresRowStore rows, NotedLoss loss, CancellationToken cancellation)
    {
        var name = await rows.GetAsync(RowKeys.Head(loss.Shard.Stream), cancellation) is { } row
            ? RowCodec.Decode(row, StreamRowsJson.Default.StreamHeadRow).Name
            : "(unknown)";
        var what = loss.KnownPosition > loss.FoundPosition
            ? $"positions {loss.FoundPosition} to {loss.KnownPosition - 1} are lost"
            : $"went back behind position {loss.KnownPosition}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name} (generation {loss.Shard.Stream}) {loss.Shard.Shard}: {what}; known to {loss.Witness}, noted by {loss.Silo} at {loss.NotedAt:u}");
    }
}
