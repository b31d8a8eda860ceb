using System.Globalization;
using System.Text.RegularExpressions;
using Broker.Agent.Processing;

namespace Broker.Agent.Configuration;

/// <summary>Makes converters of dataProcessingOptions.</summary>
internal static class ProcessingReader
{
    private static readonly TextSetting JsonFormat = new("jsonFormat", "COMPACT", "COMPACT", "PRETTYPRINT");
    private static readonly TextSetting Delimiter = new("delimiter", ",");
    private static readonly TextSetting MatchPattern = new("matchPattern");
    private static readonly TextSetting Format = new("logFormat", null, [.. LogFormat.All.Keys]);
    private static readonly FlagSetting Timestamp = new("timestamp", false);
    private static readonly string[] Options = ["SINGLELINE", "CSVTOJSON", "LOGTOJSON", "ADDMETADATA", "ADDBRACKETS"];
    private static readonly string[] ParseOptions = ["NO_TRIM", "ESCAPE_NEW_LINE"];

    /// <summary>The converters one after another; null where there are none.</summary>
    public static IRecordConverter? Read(IEnumerable<ConfigurationSection> sections, TimeProvider time)
    {
        IRecordConverter[] converters = [.. sections.Select(section => ReadOne(section, time)).OfType<IRecordConverter>()];
        return converters.Length switch { 0 => null, 1 => converters[0], _ => new ConverterChain(converters) };
    }

    private static IRecordConverter? ReadOne(ConfigurationSection section, TimeProvider time)
    {
        var converter = section.Needed(new TextSetting("optionName")) switch
        {
            "SINGLELINE" => SingleLine(section),
            "CSVTOJSON" => CsvToJson(section),
            "LOGTOJSON" => LogToJson(section),
            "ADDMETADATA" => new AddMetadataConverter(section.Find("metadata")?.Clone(), section.Flag(Timestamp), Layout(section), time),
            "ADDBRACKETS" => new AddBracketsConverter(),
            "" => null,
            "ADDEC2METADATA" => Refuse(section, "ADDEC2METADATA asks an EC2 instance for what it is, which is not done here: give ADDMETADATA what records are to have"),
            "USINGPLUGGIN" => Refuse(section, "USINGPLUGGIN loads Java classes, which cannot be done"),
            var other => Refuse(section, $"'{other}' is none of {string.Join(", ", Options)}"),
        };
        section.EndMembers();
        return converter;
    }

    private static IRecordConverter? Refuse(ConfigurationSection section, string reason)
    {
        section.Fault("optionName", $"is refused: {reason}");
        return null;
    }

    private static SingleLineConverter SingleLine(ConfigurationSection section)
    {
        var options = section.Texts("parseOptions") ?? [];
        foreach (var unknown in options.Except(ParseOptions, StringComparer.Ordinal))
        {
            section.Fault("parseOptions", $"has '{unknown}': only {string.Join(" and ", ParseOptions)} are known");
        }

        return new SingleLineConverter(trim: !options.Contains("NO_TRIM"), escapeLineEnds: options.Contains("ESCAPE_NEW_LINE"));
    }

    private static CsvToJsonConverter CsvToJson(ConfigurationSection section)
    {
        var names = section.Texts("customFieldNames");
        if (names is not { Count: > 0 })
        {
            section.Fault("customFieldNames", "is missing: CSVTOJSON needs the columns' names");
        }

        var delimiter = section.Parsed(Delimiter.Name, section.Text(Delimiter), JavaPattern.Between) ?? new Regex(",", RegexOptions.None, TimeSpan.FromSeconds(1));
        return new CsvToJsonConverter(names ?? [], delimiter, Layout(section));
    }

    private static LogToJsonConverter? LogToJson(ConfigurationSection section)
    {
        var names = section.Texts("customFieldNames");
        var pattern = section.Parsed(MatchPattern.Name, section.Text(MatchPattern), JavaPattern.Whole);
        if (!LogFormat.All.TryGetValue(section.Needed(Format), out var format))
        {
            return null;
        }

        format = pattern is null ? format : format with { Pattern = pattern };
        var groups = format.Pattern.GetGroupNumbers().Length - 1;
        if (pattern is not null && names is null)
        {
            section.Fault("customFieldNames", "is missing: matchPattern needs the fields' names");
        }
        else if (names is not null && names.Count != groups)
        {
            section.Fault("customFieldNames", string.Create(CultureInfo.InvariantCulture, $"has {names.Count} names for {groups} fields"));
        }

        return new LogToJsonConverter(format with { Fields = names ?? format.Fields }, Layout(section));
    }

    private static JsonLayout Layout(ConfigurationSection section) => new(isPretty: section.Text(JsonFormat) == "PRETTYPRINT");
}
