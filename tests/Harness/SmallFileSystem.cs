using System.Diagnostics;
using System.Globalization;

namespace Broker.Tests.Harness;

/// <summary>A tmpfs of a few megabytes mounted on a directory; needs root.</summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly string directory;

    public SmallFileSystem(string directory, int megabytes)
    {
        this.directory = directory;
        Run("mount", "-t", "tmpfs", "-o", Size(megabytes), "tmpfs", directory);
    }

    /// <summary>Megabytes in use.</summary>
    public int UsedMegabytes => (int)((new DriveInfo(directory).TotalSize - new DriveInfo(directory).AvailableFreeSpace) >> 20);

    public void Resize(int megabytes) => Run("mount", "-o", $"remount,{Size(megabytes)}", directory);

    public void Dispose() => Run("umount", "--lazy", directory);

    private static string Size(int megabytes) => string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m");

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {error}");
        }
    }
}
