using System.CommandLine;
using System.Globalization;

namespace Broker.Cli.Bench;

/// <summary>The options that every bench command takes.</summary>
internal sealed class BenchOptions
{
    public Option<string?> Stream { get; } = new("--stream")
    {
        Description = "The stream. Without it one is made in ON_DEMAND mode, and deleted at the end.",
        HelpName = "NAME",
    };

    public Option<int> Shards { get; } = Number("--shards", "Shards of the stream that is made.", 4, least: 1);

    public Option<int> RecordBytes { get; } = Number("--record-bytes", "Size of a record's data; at least 16.", 1024, least: 16);

    /// <summary>For benches that tell latencies under load.</summary>
    public Option<double> WarmUp { get; } = Number("--warmup", "Seconds at the beginning whose latencies are not counted.", 2.0);

    public void AddTo(Command command)
    {
        command.Add(Stream);
        command.Add(Shards);
        command.Add(RecordBytes);
    }

    /// <summary>A number between bounds; what is outside is refused by name.</summary>
    public static Option<T> Number<T>(string name, string description, T standard, T least = default, T? most = null)
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
            var value = result.GetValueOrDefault<T>();
            if (value.CompareTo(least) < 0)
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be at least {least}."));
            }
            else if (most is { } bound && value.CompareTo(bound) > 0)
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: it must be at most {bound}."));
            }
        });
        return option;
    }
}
