using System.Security.Cryptography;
using System.Text.Json;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>The file of the key that the broker makes for itself: mode 0600, durable before the key is used, never overwritten.</summary>
internal static class ServiceKeyFile
{
    /// <returns>False where the file is there already, whatever is in it.</returns>
    /// <exception cref="IOException">It cannot be written, or not durably.</exception>
    /// <exception cref="UnauthorizedAccessException">Its directory is closed to this process.</exception>
    public static bool TryCreate(string path, string alias)
    {
        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return false;
        }

        var directory = Path.GetDirectoryName(full)!;
        var isNew = !Directory.Exists(directory);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var temporary = full + ".new";
        File.Delete(temporary);
        Write(temporary, alias);
        File.Move(temporary, full, overwrite: false);
        DirectorySync.Sync(directory);
        if (isNew && Path.GetDirectoryName(directory) is { } parent)
        {
            DirectorySync.Sync(parent);
        }

        return true;
    }

    private static void Write(string path, string alias)
    {
        var material = RandomNumberGenerator.GetBytes(32);
        var document = new MasterKeyDocument
        {
            Keys = [new MasterKeyEntry { KeyId = Guid.NewGuid().ToString(), Material = Convert.ToBase64String(material), Aliases = [alias] }],
        };
        var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, create);
        JsonSerializer.Serialize(file, document, MasterKeyJson.Default.MasterKeyDocument);
        file.Flush(flushToDisk: true);
        CryptographicOperations.ZeroMemory(material);
    }
}
