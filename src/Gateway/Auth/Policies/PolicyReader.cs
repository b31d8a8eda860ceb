using System.Text.Json;
using System.Text.RegularExpressions;

namespace Broker.Gateway.Auth.Policies;

/// <summary>Reads a policy's JSON, strictly: an element that is not known is refused, since passing over it could widen the policy.</summary>
internal static partial class PolicyReader
{
    private static readonly string[] Elements = ["Version", "Id", "Statement"];

    private static readonly string[] StatementElements =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

    /// <exception cref="FormatException">Tells the element, its value and the rule.</exception>
    public static List<PolicyStatement> Read(JsonElement root, PolicyKind kind)
    {
        CheckElements(root, Elements, "The policy");
        if (root.TryGetProperty("Version", out var version) && !(version.ValueKind == JsonValueKind.String && version.GetString() is "2012-10-17" or "2008-10-17"))
        {
            throw new FormatException($"Version is {version.GetRawText()}: it must be \"2012-10-17\" or \"2008-10-17\".");
        }

        if (!root.TryGetProperty("Statement", out var statement))
        {
            throw new FormatException("The policy has no Statement.");
        }

        var statements = statement.ValueKind == JsonValueKind.Array ? [.. statement.EnumerateArray()] : new List<JsonElement> { statement };
        return [.. statements.Select((element, i) => ReadStatement(element, kind, $"Statement[{i}]"))];
    }

    /// <summary>One text or a list of them; numbers and truth values count as their text.</summary>
    public static List<string> Texts(JsonElement element, string place)
    {
        var elements = element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : new List<JsonElement> { element };
        if (elements.Count == 0)
        {
            throw new FormatException($"{place} is empty: it must have a value.");
        }

        return [.. elements.Select(value => value.ValueKind switch
        {
            JsonValueKind.String when value.GetString()!.Contains("${", StringComparison.Ordinal) =>
                throw new FormatException($"{place} is '{value.GetString()}': policy variables are not understood."),
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => throw new FormatException($"{place} must be a string or a list of strings."),
        })];
    }

    private static PolicyStatement ReadStatement(JsonElement element, PolicyKind kind, string place)
    {
        CheckElements(element, StatementElements, place);
        var effect = element.TryGetProperty("Effect", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        if (effect is not ("Allow" or "Deny"))
        {
            throw new FormatException($"{place}.Effect must be Allow or Deny.");
        }

        var (actions, exceptActions) = Either(element, "Action", "NotAction", place);
        foreach (var action in actions)
        {
            if (!ActionPattern.IsMatch(action))
            {
                throw new FormatException($"{place} has the action '{action}': it must be a service and an action such as kinesis:PutRecord, with * and ? as wildcards, or *.");
            }
        }

        var (resources, exceptResources) = Either(element, "Resource", "NotResource", place);
        foreach (var resource in resources)
        {
            if (resource != "*" && !resource.StartsWith("arn:", StringComparison.Ordinal))
            {
                throw new FormatException($"{place} has the resource '{resource}': it must be an ARN, with * and ? as wildcards, or *.");
            }
        }

        return new PolicyStatement
        {
            IsAllow = effect == "Allow",
            Actions = actions,
            ExceptActions = exceptActions,
            Resources = resources,
            ExceptResources = exceptResources,
            Principals = ReadPrincipals(element, kind, place),
            Conditions = element.TryGetProperty("Condition", out var condition) ? ConditionReader.Read(condition, $"{place}.Condition") : [],
        };
    }

    private static (List<string> Values, bool IsNegated) Either(JsonElement element, string name, string negated, string place)
    {
        var has = element.TryGetProperty(name, out var value);
        if (has == element.TryGetProperty(negated, out var other))
        {
            throw new FormatException($"{place} must have exactly one of {name} and {negated}.");
        }

        return has ? (Texts(value, $"{place}.{name}"), false) : (Texts(other, $"{place}.{negated}"), true);
    }

    private static PolicyPrincipals? ReadPrincipals(JsonElement element, PolicyKind kind, string place)
    {
        var has = element.TryGetProperty("Principal", out var value);
        var hasNegated = element.TryGetProperty("NotPrincipal", out var negated);
        if (kind == PolicyKind.Identity)
        {
            return has || hasNegated ? throw new FormatException($"{place} names a principal: the policy of a principal must not.") : null;
        }

        if (has == hasNegated)
        {
            throw new FormatException($"{place} must have exactly one of Principal and NotPrincipal.");
        }

        var principal = has ? value : negated;
        List<string> accounts = [], arns = [];
        var isEverybody = principal.ValueKind == JsonValueKind.String && principal.GetString() == "*";
        if (!isEverybody && principal.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{place}: a principal must be \"*\" or an object such as {{\"AWS\": ARN}}.");
        }

        foreach (var entry in isEverybody ? [] : principal.EnumerateObject().ToList())
        {
            // AWS's own services call nobody here: naming them concerns no caller of ours.
            if (entry.Name == "Service")
            {
                Texts(entry.Value, $"{place}.Principal.Service");
                continue;
            }

            if (entry.Name != "AWS")
            {
                throw new FormatException($"{place}: principals of the kind '{entry.Name}' are not understood; AWS and Service are.");
            }

            foreach (var text in Texts(entry.Value, $"{place}.Principal.AWS"))
            {
                if (text == "*")
                {
                    isEverybody = true;
                }
                else if (AccountPattern.Match(text) is { Success: true } account)
                {
                    accounts.Add(account.Groups["account"].Value);
                }
                else if (text.StartsWith("arn:", StringComparison.Ordinal) && !text.AsSpan().ContainsAny('*', '?'))
                {
                    arns.Add(text);
                }
                else
                {
                    throw new FormatException($"{place} has the principal '{text}': it must be an account, an ARN without wildcards, or *.");
                }
            }
        }

        return new PolicyPrincipals(accounts, arns, isEverybody, IsNegated: hasNegated);
    }

    private static void CheckElements(JsonElement element, string[] known, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{place} must be an object.");
        }

        foreach (var member in element.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                throw new FormatException($"{place} has the element '{member.Name}', which is not understood; those that are: {string.Join(", ", known)}.");
            }
        }
    }

    [GeneratedRegex(@"\A(\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ActionPattern { get; }

    [GeneratedRegex(@"\A(?:arn:aws[a-z-]*:iam::(?<account>\d{12}):root|(?<account>\d{12}))\z", RegexOptions.CultureInvariant)]
    private static partial Regex AccountPattern { get; }
}
