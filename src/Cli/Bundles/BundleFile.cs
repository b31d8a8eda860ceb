using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Broker.Cli.Bundles;

/// <summary>A tar.gz of texts, readable by its owner alone.</summary>
internal sealed class BundleFile : IAsyncDisposable
{
    private readonly TarWriter tar;
    private readonly List<string> names = [];

    private BundleFile(Stream file) => tar = new TarWriter(new GZipStream(file, CompressionLevel.Optimal));

    /// <summary>What is in it so far.</summary>
    public IReadOnlyList<string> Names => names;

    /// <exception cref="CommandException">It cannot be written, or is there already.</exception>
    public static BundleFile Create(string path)
    {
        try
        {
            var access = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                access.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return new BundleFile(new FileStream(path, access));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} cannot be written: {exception.Message}");
        }
    }

    /// <summary>Adds a text; where it cannot be had, why.</summary>
    public async Task AddAsync(string name, Func<Task<string>> read)
    {
        string text;
        try
        {
            text = await read();
        }
        catch (Exception exception) when (exception is Grpc.Core.RpcException or HttpRequestException or TaskCanceledException)
        {
            text = $"Not to be had: {exception.Message}\n";
        }

        var entry = new PaxTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)),
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await tar.WriteEntryAsync(entry);
        names.Add(name);
    }

    public ValueTask DisposeAsync() => tar.DisposeAsync();
}
