using System.Globalization;
using Broker.Contracts.Streams;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using RecordDistributionStrategy = Broker.V1.RecordDistributionStrategy;
using StreamMode = Broker.V1.StreamMode;

namespace Broker.Cli.Apply;

/// <summary>Reads a file of streams (docs/apply.md). Whatever it does not know is a fault; all faults are told at once, each with its line.</summary>
internal sealed class StreamsFile
{
    private static readonly string[] Members =
        ["name", "mode", "shards", "retentionHours", "maxRecordSizeKiB", "warmThroughputMiBps", "distribution", "encryption", "tags", "consumers"];

    private readonly string file;
    private readonly List<string> faults = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    private StreamsFile(string file) => this.file = file;

    /// <param name="file">Its name, for faults.</param>
    /// <param name="text">What it holds.</param>
    /// <returns>The streams in the file's order.</returns>
    /// <exception cref="CommandException">All that is wrong with it, a line each.</exception>
    public static IReadOnlyList<StreamSpec> Read(string file, TextReader text)
    {
        var reader = new StreamsFile(file);
        var specs = reader.Read(text);
        return reader.faults.Count == 0 ? specs : throw new CommandException(string.Join("\nbroker: ", reader.faults), ExitCode.Usage);
    }

    private List<StreamSpec> Read(TextReader text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(text);
        }
        catch (YamlException exception)
        {
            Fault(exception.Start, $"is no YAML: {exception.Message.ReplaceLineEndings(" ")}");
            return [];
        }

        List<StreamSpec> specs = [];
        foreach (var document in yaml.Documents)
        {
            if (Mapping(document.RootNode, "the document", ["streams"]) is { } root && Sequence(Member(root, "streams"), root, "streams") is { } streams)
            {
                specs.AddRange(streams.Select(ReadStream).OfType<StreamSpec>());
            }
        }

        if (yaml.Documents.Count == 0)
        {
            faults.Add($"{file}: is empty: it must have 'streams'.");
        }

        return specs;
    }

    private StreamSpec? ReadStream(YamlNode node)
    {
        if (Mapping(node, "a stream", Members) is not { } stream)
        {
            return null;
        }

        if (Text(stream, "name") is not { } name)
        {
            Fault(stream.Start, "a stream has no name.");
            return null;
        }

        if (!StreamName.IsValid(name))
        {
            Fault(stream.Start, $"name is '{name}': it must be 1 to 128 characters of [a-zA-Z0-9_.-].");
        }
        else if (!names.Add(name))
        {
            Fault(stream.Start, $"name is '{name}', which an earlier stream of the file has.");
        }

        var spec = new StreamSpec
        {
            Name = name,
            Mode = Choice<StreamMode>(stream, "mode", ("ON_DEMAND", StreamMode.OnDemand), ("PROVISIONED", StreamMode.Provisioned)),
            Shards = Number(stream, "shards", 1, 100_000),
            RetentionHours = Number(stream, "retentionHours", 1, 8_760),
            MaxRecordSizeKiB = Number(stream, "maxRecordSizeKiB", 1_024, 10_240),
            WarmThroughputMiBps = Number(stream, "warmThroughputMiBps", 0, 100_000),
            Distribution = Choice<RecordDistributionStrategy>(
                stream, "distribution", ("USER_PARTITION_KEY", RecordDistributionStrategy.UserPartitionKey), ("AUTO", RecordDistributionStrategy.Auto)),
            Encryption = Text(stream, "encryption") is { } key ? key == "none" ? "" : key : null,
            Tags = ReadTags(stream),
            Consumers = ReadConsumers(stream),
        };
        if (spec.WarmThroughputMiBps is > 0 && spec.Mode == StreamMode.Provisioned)
        {
            Fault(Member(stream, "warmThroughputMiBps")!.Start, "warmThroughputMiBps goes with mode ON_DEMAND.");
        }

        return spec;
    }

    private Dictionary<string, string>? ReadTags(YamlMappingNode stream)
    {
        if (Member(stream, "tags") is not { } node)
        {
            return null;
        }

        if (node is not YamlMappingNode mapping)
        {
            Fault(node.Start, "tags must be a mapping of keys to values.");
            return null;
        }

        Dictionary<string, string> tags = new(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { Length: > 0 } name } && value is YamlScalarNode scalar)
            {
                tags[name] = scalar.Value ?? "";
            }
            else
            {
                Fault(key.Start, "a tag must be a key and a value.");
            }
        }

        return tags;
    }

    private List<string>? ReadConsumers(YamlMappingNode stream)
    {
        if (Member(stream, "consumers") is not { } node || Sequence(node, stream, "consumers") is not { } sequence)
        {
            return null;
        }

        List<string> consumers = [];
        foreach (var child in sequence)
        {
            if (child is not YamlScalarNode { Value: { } name } || !StreamName.IsValid(name))
            {
                Fault(child.Start, "a consumer must be a name, 1 to 128 characters of [a-zA-Z0-9_.-].");
            }
            else if (consumers.Contains(name))
            {
                Fault(child.Start, $"consumer '{name}' is there twice.");
            }
            else
            {
                consumers.Add(name);
            }
        }

        return consumers;
    }

    private YamlMappingNode? Mapping(YamlNode node, string what, string[] members)
    {
        if (node is not YamlMappingNode mapping)
        {
            Fault(node.Start, $"{what} must be a mapping with {string.Join(", ", members)}.");
            return null;
        }

        foreach (var key in mapping.Children.Keys)
        {
            if (key is not YamlScalarNode { Value: { } name } || !members.Contains(name, StringComparer.Ordinal))
            {
                Fault(key.Start, $"'{key}' is not known: {what} has {string.Join(", ", members)}.");
            }
        }

        return mapping;
    }

    private YamlSequenceNode? Sequence(YamlNode? node, YamlNode parent, string name)
    {
        if (node is YamlSequenceNode sequence)
        {
            return sequence;
        }

        Fault((node ?? parent).Start, $"{name} must be a list.");
        return null;
    }

    private static YamlNode? Member(YamlMappingNode mapping, string name) =>
        mapping.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: { } key } && key == name).Value;

    private string? Text(YamlMappingNode mapping, string name)
    {
        if (Member(mapping, name) is not { } node)
        {
            return null;
        }

        if (node is YamlScalarNode { Value.Length: > 0 } scalar)
        {
            return scalar.Value;
        }

        Fault(node.Start, $"{name} must be a word.");
        return null;
    }

    private int? Number(YamlMappingNode mapping, string name, int least, int most)
    {
        if (Text(mapping, name) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(Member(mapping, name)!.Start, $"{name} is '{text}': it must be {least} to {most}.");
        return null;
    }

    private T? Choice<T>(YamlMappingNode mapping, string name, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (Text(mapping, name) is not { } text)
        {
            return null;
        }

        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }
        }

        Fault(Member(mapping, name)!.Start, $"{name} is '{text}': it must be {string.Join(" or ", choices.Select(static choice => choice.Word))}.");
        return null;
    }

    private void Fault(Mark place, string what) => faults.Add(string.Create(CultureInfo.InvariantCulture, $"{file}:{place.Line}: {what}"));
}
