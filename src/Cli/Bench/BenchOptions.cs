using System.CommandLine;

namespace Broker.Cli.Bench;

/// <summary>The options that every bench command takes.</summary>
internal sealed class BenchOptions
{
    public Option<string?> Stream { get; } = new("--stream")
    {
        Description = "The stream. Without it one is made in ON_DEMAND mode, and deleted at the end.",
        HelpName = "NAME",
    };

    public Option<int> Shards { get; } = Number("--shards", "Shards of the stream that is made.", 4);

    public Option<int> RecordBytes { get; } = Number("--record-bytes", "Size of a record's data; at least 16.", 1024);

    /// <summary>For benches that tell latencies under load.</summary>
    public Option<double> WarmUp { get; } = Number("--warmup", "Seconds at the beginning whose latencies are not counted.", 2.0);

    public void AddTo(Command command)
    {
        command.Add(Stream);
        command.Add(Shards);
        command.Add(RecordBytes);
    }

    public static Option<T> Number<T>(string name, string description, T standard)
        where T : struct, IComparable<T>
    {
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => standard,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>().CompareTo(default) < 0)
            {
                result.AddError($"{name} must not be negative.");
            }
        });
        return option;
    }
}
