using System.Globalization;
using System.Text.Json;

namespace Broker.Agent.Configuration;

/// <summary>An object of a configuration, whose members are read by their settings; what is wrong is noted, and a default taken.</summary>
/// <param name="members">The object.</param>
/// <param name="place">Where it is, for messages; empty for the whole.</param>
/// <param name="findings">Takes what is found.</param>
internal sealed class ConfigurationSection(JsonElement members, string place, ConfigurationFindings findings)
{
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    /// <summary>A member as it is; null where it is missing or null.</summary>
    public JsonElement? Find(string name)
    {
        read.Add(name);
        return members.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public long Number(NumberSetting setting)
    {
        if (Find(setting.Name) is not { } value)
        {
            return setting.Default;
        }

        if (!long.TryParse(value.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            Fault(setting.Name, value, "it must be a whole number");
            return setting.Default;
        }

        if (number < setting.Least || number > setting.Most)
        {
            Fault(setting.Name, value, string.Create(CultureInfo.InvariantCulture, $"it must be {setting.Least} to {setting.Most}"));
            return setting.Default;
        }

        return number;
    }

    public string? Text(TextSetting setting)
    {
        if (Find(setting.Name) is not { } value)
        {
            return setting.Default;
        }

        if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            Fault(setting.Name, value, "it must be a text");
            return setting.Default;
        }

        if (setting.Choices.Length > 0 && !setting.Choices.Contains(value.ToString(), StringComparer.Ordinal))
        {
            Fault(setting.Name, value, $"it must be one of {string.Join(", ", setting.Choices)}");
            return setting.Default;
        }

        return value.ToString();
    }

    /// <summary>A text that must be there, and not be empty.</summary>
    public string Needed(TextSetting setting)
    {
        var faults = findings.Faults.Count;
        var text = Text(setting);
        if (string.IsNullOrWhiteSpace(text) && findings.Faults.Count == faults)
        {
            findings.Faults.Add($"{Place(setting.Name)} is missing.");
        }

        return text ?? "";
    }

    /// <summary>true or false, also in the other words that AWS's agent takes.</summary>
    public bool Flag(FlagSetting setting)
    {
        if (Find(setting.Name) is not { } value)
        {
            return setting.Default;
        }

        switch (value.ToString().ToUpperInvariant())
        {
            case "TRUE" or "YES" or "T" or "Y" or "1":
                return true;
            case "FALSE" or "NO" or "F" or "N" or "0":
                return false;
            default:
                Fault(setting.Name, value, "it must be true or false");
                return setting.Default;
        }
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object)))
        {
            return [.. value.EnumerateArray().Select(item => item.ToString())];
        }

        Fault(name, value, "it must be a list of texts");
        return null;
    }

    /// <summary>The objects of a list.</summary>
    public IEnumerable<ConfigurationSection> Sections(ListSetting setting)
    {
        if (Find(setting.Name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object))
        {
            return value.EnumerateArray().Select((item, index) => new ConfigurationSection(
                item, string.Create(CultureInfo.InvariantCulture, $"{Place(setting.Name)}[{index}]"), findings));
        }

        Fault(setting.Name, value, "it must be a list of objects");
        return [];
    }

    /// <summary>Reads a value of a form of its own; a <see cref="FormatException"/> becomes a fault.</summary>
    public T? Parsed<T>(string name, string? text, Func<string, T> parse)
        where T : class
    {
        try
        {
            return string.IsNullOrEmpty(text) ? null : parse(text);
        }
        catch (FormatException e)
        {
            findings.Faults.Add($"{Place(name)}: {e.Message}");
            return null;
        }
    }

    public void Fault(string name, JsonElement value, string rule) => findings.Faults.Add($"{Place(name)} is '{value}': {rule}.");

    /// <summary>A fault of the section as a whole.</summary>
    public void Fault(string name, string fault) => findings.Faults.Add($"{Place(name)} {fault}.");

    public void Warn(string name, string warning) => findings.Warnings.Add($"{Place(name)} {warning}.");

    /// <summary>Notes the members that nobody has asked for.</summary>
    public void EndMembers()
    {
        foreach (var member in members.EnumerateObject().Where(member => !read.Contains(member.Name)))
        {
            if (AgentSettings.Refused.TryGetValue(member.Name, out var reason))
            {
                findings.Faults.Add($"{Place(member.Name)} is refused: {reason}.");
            }
            else if (AgentSettings.WithoutEffect.TryGetValue(member.Name, out reason))
            {
                Warn(member.Name, $"has no effect: {reason}");
            }
            else
            {
                Warn(member.Name, "is not known and has no effect");
            }
        }
    }

    private string Place(string name) => place.Length == 0 ? name : $"{place}.{name}";
}
