using Npgsql;

namespace Broker.Cli.Serve.Diagnostics;

/// <summary>Settings as they may be shown to others: what could be a secret by its name is struck out, of databases only the place is left.</summary>
internal static class StruckSettings
{
    public const string Struck = "(struck out)";

    private static readonly string[] SecretWords = ["Secret", "Password", "Keys", "Token", "Header", "Credential"];

    /// <summary>Settings that are not at their default, in order, a line each.</summary>
    public static IEnumerable<string> Lines(IConfiguration configuration) => BrokerSettings.All.Keys
        .Select(key => (Key: key, Value: configuration[key]))
        .Where(static setting => setting.Value is not null && setting.Value != BrokerSettings.DefaultOf(setting.Key))
        .OrderBy(static setting => setting.Key, StringComparer.Ordinal)
        .Select(static setting => $"{setting.Key}={Show(setting.Key, setting.Value!)}");

    /// <summary>A value without what is secret in it.</summary>
    public static string Show(string key, string value)
    {
        var name = key[(key.LastIndexOf(':') + 1)..];
        if (value.Length == 0)
        {
            return value;
        }

        if (name is "ConnectionString" or "LogDatabases")
        {
            return string.Join(" | ", value.Split(['|', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Place));
        }

        // Where a secret is kept is none, nor is a number or a time.
        return BrokerSettings.All[key] == typeof(string) && !name.EndsWith("File", StringComparison.Ordinal) && SecretWords.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase)) ? Struck : value;
    }

    private static string Place(string connectionString)
    {
        try
        {
            var whole = new NpgsqlConnectionStringBuilder(connectionString);
            return $"Host={whole.Host};Port={whole.Port};Database={whole.Database};SSL Mode={whole.SslMode};…";
        }
        catch (ArgumentException)
        {
            return Struck;
        }
    }
}
