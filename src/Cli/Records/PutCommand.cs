using System.CommandLine;
using System.Globalization;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Spectre.Console;

namespace Broker.Cli.Records;

/// <summary><c>broker put</c>: a record a line, batched, each once.</summary>
internal static class PutCommand
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The stream." };
        var file = new Option<string?>("--file") { Description = "Lines to put; without it, or with -, standard input.", HelpName = "FILE" };
        var keyField = new Option<string?>("--key-field")
        {
            Description = "Partition key: this field of each line, which is a JSON object.",
            HelpName = "FIELD",
        };
        var key = new Option<string?>("--key") { Description = "Partition key: the same for all.", HelpName = "KEY" };
        var randomKey = new Option<bool>("--random-key") { Description = "Partition key: a random one for each record. The default." };
        var rate = new Option<double?>("--rate") { Description = "Records a second, at most.", HelpName = "N" };
        var command = new Command("put", "Put records, one a line; empty lines are skipped.") { name, file, keyField, key, randomKey, rate };
        command.Validators.Add(result =>
        {
            if (new Option[] { keyField, key, randomKey }.Count(option => result.GetResult(option) is { Implicit: false }) > 1)
            {
                result.AddError("Only one of --key-field, --key and --random-key can choose the key.");
            }

            if (result.GetValue(rate) is <= 0)
            {
                result.AddError("--rate must be above 0.");
            }

            if (result.GetValue(key) is { Length: 0 or > 256 })
            {
                result.AddError("--key must have 1 to 256 characters.");
            }
        });
        new ClientOptions().Attach(command, (parse, context) =>
        {
            var selector = parse.GetValue(keyField) is { } field ? KeySelector.Field(field)
                : parse.GetValue(key) is { } fixedKey ? KeySelector.Fixed(fixedKey)
                : KeySelector.Random();
            return RunAsync(context, parse.GetRequiredValue(name), parse.GetValue(file), selector, parse.GetValue(rate));
        });
        return command;
    }

    private static async Task<int> RunAsync(ClientContext context, string stream, string? file, KeySelector keys, double? rate)
    {
        await using var input = OpenInput(file, out var length);
        await using var session = await ProducerSession.OpenAsync(
            context.Connection.Invoker, stream, new ProducerOptions { Disconnected = OnceNoted(context) }, context.Cancellation);
        var job = new PutJob(session, keys, rate, TimeProvider.System);
        try
        {
            await ProgressLine.ShowAsync(
                context,
                length,
                () => (job.InputBytes, $"{job.Summary.Records:N0} records, {job.Summary.RecordsPerSecond:N0}/s"),
                () => job.RunAsync(input, context.Cancellation));
        }
        catch (Exception)
        {
            context.Error.WriteLine($"{StreamTables.Plural(job.Summary.Records, "record")} {(job.Summary.Records == 1 ? "was" : "were")} put before it ended.");
            throw;
        }

        var result = job.Summary.ToResult(stream);
        context.AnswerValue(result, console => Draw(console, result));
        return ExitCode.Success;
    }

    private static Stream OpenInput(string? file, out long? length)
    {
        length = null;
        if (file is null or "-")
        {
            return Console.OpenStandardInput();
        }

        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1, useAsync: true);
            length = stream.CanSeek ? stream.Length : null;
            return stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot read {file}: {e.Message}");
        }
    }

    private static Action<Exception> OnceNoted(ClientContext context)
    {
        var noted = 0;
        return _ =>
        {
            if (Interlocked.Exchange(ref noted, 1) == 0)
            {
                context.Error.WriteLine("The connection is lost; trying again for up to 60 s. Nothing is put twice.");
            }
        };
    }

    private static void Draw(IAnsiConsole console, PutResult result)
    {
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Put {StreamTables.Plural(result.Records, "record")}, {result.Bytes:N0} bytes in {result.Seconds:0.00} s: {result.RecordsPerSecond:N0} records/s"));
        if (result.Shards.Count > 0)
        {
            var table = StreamTables.New("shard", "records");
            foreach (var (shard, count) in result.Shards)
            {
                StreamTables.AddRow(table, shard, count.ToString("N0", CultureInfo.InvariantCulture));
            }

            console.Write(table);
        }
    }
}
