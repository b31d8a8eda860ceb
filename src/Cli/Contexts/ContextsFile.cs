using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Cli.Contexts;

/// <summary>The named contexts of a user, in <c>$XDG_CONFIG_HOME/broker/contexts.json</c> (<c>~/.config</c> where that is not set), which nobody else may read.</summary>
internal sealed class ContextsFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The one that commands use that name none; null for none.</summary>
    public string? Current { get; set; }

    public SortedDictionary<string, NamedContext> Contexts { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Where it is.</summary>
    [JsonIgnore]
    public static string Path => System.IO.Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } home
            ? home : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
        "broker",
        "contexts.json");

    /// <summary>An empty one where there is no file.</summary>
    /// <exception cref="CommandException">It cannot be read, or others may read it.</exception>
    public static ContextsFile Read()
    {
        try
        {
            if (!File.Exists(Path))
            {
                return new ContextsFile();
            }

            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(Path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) != 0)
            {
                throw new CommandException($"{Path} holds secrets and may be read by others: chmod 600 it.", ExitCode.Usage);
            }

            return JsonSerializer.Deserialize<ContextsFile>(File.ReadAllText(Path), Json) ?? new ContextsFile();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandException($"{Path} cannot be read: {exception.Message.ReplaceLineEndings(" ")}", ExitCode.Usage);
        }
    }

    /// <summary>The context that a command works with.</summary>
    /// <param name="name">The one that it names; null for the current one.</param>
    /// <returns>Null where none is named and none is current.</returns>
    /// <exception cref="CommandException">There is none of that name.</exception>
    public static NamedContext? Find(string? name)
    {
        var file = Read();
        return (name ?? file.Current) is not { } wanted ? null
            : file.Contexts.TryGetValue(wanted, out var context) ? context
            : throw new CommandException($"there is no context '{wanted}' in {Path}: 'broker context list' shows what there is.", ExitCode.Usage);
    }

    /// <exception cref="CommandException">It cannot be written.</exception>
    public void Write()
    {
        try
        {
            var directory = System.IO.Path.GetDirectoryName(Path)!;
            var fresh = $"{Path}.{Environment.ProcessId}";
            var access = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
            }
            else
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var stream = new FileStream(fresh, access))
            {
                JsonSerializer.Serialize(stream, this, Json);
            }

            File.Move(fresh, Path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{Path} cannot be written: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }
}
