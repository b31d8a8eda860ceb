using Broker.Silo.Storage;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage;

public sealed class DurableDirectoryTests
{
    [Fact]
    public void EveryDirectoryThatIsMadeIsSyncedInTheOneThatHoldsIt()
    {
        var root = Directory.CreateTempSubdirectory("broker-directory-").FullName;
        try
        {
            var synced = new List<(string, bool)>();
            var path = Path.Combine(root, "a", "b", "c");
            DurableDirectory.Create(path, (directory, isChanged) => synced.Add((directory, isChanged)));
            Assert.True(Directory.Exists(path));
            Assert.Equal([(root, true), (Path.Combine(root, "a"), true), (Path.Combine(root, "a", "b"), true)], synced);

            synced.Clear();
            DurableDirectory.Create(path + Path.DirectorySeparatorChar, (directory, isChanged) => synced.Add((directory, isChanged)));
            Assert.Equal([(Path.Combine(root, "a", "b"), false)], synced);
            DurableDirectory.Create(Path.Combine(root, "d", "e"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void WhatIsMadeIsForItsUserAloneAndWhatIsThereStaysAsItIs()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        const UnixFileMode Shared = Own | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        var root = Directory.CreateTempSubdirectory("broker-directory-").FullName;
        try
        {
            File.SetUnixFileMode(root, Shared);
            DurableDirectory.Create(root);
            DurableDirectory.Create(Path.Combine(root, "a", "b"));
            Assert.Equal(Shared, File.GetUnixFileMode(root));
            Assert.Equal(Own, File.GetUnixFileMode(Path.Combine(root, "a")));
            Assert.Equal(Own, File.GetUnixFileMode(Path.Combine(root, "a", "b")));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
