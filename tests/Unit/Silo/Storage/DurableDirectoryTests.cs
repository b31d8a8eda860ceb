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
}
