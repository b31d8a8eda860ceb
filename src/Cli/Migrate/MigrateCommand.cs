using System.CommandLine;
using Broker.Silo.Storage;
using Broker.Silo.Storage.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Broker.Cli.Migrate;

/// <summary><c>broker migrate</c>: makes or brings up to date the tables of a PostgreSQL database.</summary>
internal static class MigrateCommand
{
    /// <summary>Where <c>broker serve</c> finds the same, so that a password need not be an argument, which others can see.</summary>
    private const string Variable = "Broker__Postgres__ConnectionString";

    private const string MoreVariable = "Broker__Postgres__LogDatabases";

    public static Command Create()
    {
        var postgres = new Option<string[]>("--postgres")
        {
            Description = $"Connection string of the database, as in 'Host=db;Database=broker;Username=broker;Password=...'; once for each where the log has several. Default: the variables {Variable} and {MoreVariable}.",
            HelpName = "CONNECTIONSTRING",
        };
        var command = new Command("migrate", "Bring a PostgreSQL database up to this release. Repeatable; many may run at once.") { postgres };
        command.SetAction((parse, cancellation) =>
        {
            if (parse.GetValue(postgres) is { Length: > 0 } given)
            {
                return RunAsync(given, cancellation);
            }

            if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set)
            {
                var more = Environment.GetEnvironmentVariable(MoreVariable) ?? "";
                return RunAsync([set, .. more.Split(['|', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)], cancellation);
            }

            Console.Error.WriteLine($"broker: --postgres is missing, and {Variable} is not set: one of them says which database.");
            return Task.FromResult(ExitCode.Usage);
        });
        return command;
    }

    private static async Task<int> RunAsync(string[] connectionStrings, CancellationToken cancellation)
    {
        try
        {
            foreach (var connectionString in connectionStrings)
            {
                var ran = await new PostgresSchema(NullLogger<PostgresSchema>.Instance).MigrateAsync(connectionString, cancellation);
                Console.Out.WriteLine(ran.Count == 0 ? "Up to date." : $"Ran {string.Join(", ", ran)}.");
            }

            return ExitCode.Success;
        }
        catch (ArgumentException exception)
        {
            Console.Error.WriteLine($"broker: --postgres is not a connection string: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (StorageException exception)
        {
            Console.Error.WriteLine($"broker: {exception.Message}");
            return exception.InnerException is Npgsql.NpgsqlException and not Npgsql.PostgresException ? ExitCode.CannotConnect : ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
    }
}
