using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Broker.Gateway.Auth.Policies;

/// <summary>Reads a statement's Condition. What it does not understand it refuses: a condition that is passed over would widen the policy.</summary>
internal static class ConditionReader
{
    private const string IfExists = "IfExists";

    private static readonly string[] Operators =
    [
        "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
        "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "Bool", "IpAddress", "NotIpAddress", "DateEquals", "DateNotEquals",
        "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
    ];

    /// <exception cref="FormatException">Tells what is not understood.</exception>
    public static List<PolicyCondition> Read(JsonElement element, string place)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{place} must be an object of operators.");
        }

        var conditions = new List<PolicyCondition>();
        foreach (var tested in element.EnumerateObject())
        {
            if (tested.Value.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException($"{place}.{tested.Name} must be an object of condition keys.");
            }

            foreach (var keyed in tested.Value.EnumerateObject())
            {
                conditions.Add(Read(tested.Name, keyed.Name, keyed.Value, $"{place}.{tested.Name}.{keyed.Name}"));
            }
        }

        return conditions;
    }

    private static PolicyCondition Read(string operation, string keyName, JsonElement values, string place)
    {
        var ifExists = operation.EndsWith(IfExists, StringComparison.OrdinalIgnoreCase);
        var name = ifExists ? operation[..^IfExists.Length] : operation;
        name = Array.Find(Operators, known => known.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new FormatException($"{place}: the operator '{operation}' is not understood; those that are: {string.Join(", ", Operators)}, each also with {IfExists}.");
        var key = ConditionKey.Find(keyName)
            ?? throw new FormatException($"{place}: the condition key '{keyName}' is not understood; those that are: {ConditionKey.Names}.");
        var tests = PolicyReader.Texts(values, place).Select(value => Test(name, key, value, place)).ToList();
        return new PolicyCondition(key, tests, name.Contains("Not", StringComparison.Ordinal), ifExists);
    }

    private static Func<PolicyRequest, bool> Test(string name, ConditionKey key, string value, string place)
    {
        var positive = name.Replace("Not", "", StringComparison.Ordinal);
        if (key.Type is ConditionType.Text or ConditionType.Arn && key.Text is { } text)
        {
            switch (positive)
            {
                case "StringEquals":
                    return request => string.Equals(text(request), value, StringComparison.Ordinal);
                case "StringEqualsIgnoreCase":
                    return request => string.Equals(text(request), value, StringComparison.OrdinalIgnoreCase);
                case "StringLike":
                    return request => Wildcard.Matches(value, text(request));
                case "ArnEquals" or "ArnLike" when key.Type == ConditionType.Arn:
                    return request => Wildcard.MatchesArn(value, text(request));
            }
        }

        return (key.Type, positive) switch
        {
            (ConditionType.Truth, "Bool") => Truth(value, place),
            (ConditionType.Address, "IpAddress") => Address(value, place),
            (ConditionType.Time, ['D', 'a', 't', 'e', ..]) => Time(positive, value, place),
            _ => throw new FormatException($"{place}: the operator '{name}' cannot look at {key.Name}."),
        };
    }

    private static Func<PolicyRequest, bool> Truth(string value, string place)
    {
        var expected = bool.TryParse(value, out var truth) ? truth : throw new FormatException($"{place} is '{value}': it must be true or false.");
        return request => request.IsSecure == expected;
    }

    private static Func<PolicyRequest, bool> Address(string value, string place)
    {
        var slash = value.IndexOf('/', StringComparison.Ordinal);
        var length = -1;
        if (!IPAddress.TryParse(slash < 0 ? value : value[..slash], out var address)
            || (slash >= 0 && !int.TryParse(value.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length))
            || length > address.GetAddressBytes().Length * 8)
        {
            throw new FormatException($"{place} is '{value}': it must be an IP address, or a network such as 10.0.0.0/8.");
        }

        var network = address.GetAddressBytes();
        var bits = slash < 0 ? network.Length * 8 : length;
        return request => IsWithin(request.SourceAddress!, network, bits);
    }

    private static bool IsWithin(IPAddress address, byte[] network, int bits)
    {
        var bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        if (bytes.Length != network.Length)
        {
            return false;
        }

        for (var i = 0; i < bits; i++)
        {
            if (((bytes[i / 8] ^ network[i / 8]) & (0x80 >> (i % 8))) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static Func<PolicyRequest, bool> Time(string positive, string value, string place)
    {
        var time = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed) && value.Contains('-', StringComparison.Ordinal)
                ? parsed
                : throw new FormatException($"{place} is '{value}': it must be a time such as 2030-01-31T12:00:00Z, or seconds since 1970.");
        return positive switch
        {
            "DateEquals" => request => request.Time == time,
            "DateLessThan" => request => request.Time < time,
            "DateLessThanEquals" => request => request.Time <= time,
            "DateGreaterThan" => request => request.Time > time,
            _ => request => request.Time >= time,
        };
    }
}
