namespace Broker.Tests.Golden;

/// <summary>The files that pin the layouts. BROKER_GOLDEN_WRITE=1 writes them anew, for a new version only.</summary>
internal static class GoldenFiles
{
    public static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "files", name));

    public static void Compare(string name, ReadOnlySpan<byte> bytes)
    {
        if (Environment.GetEnvironmentVariable("BROKER_GOLDEN_WRITE") == "1")
        {
            File.WriteAllBytes(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "files", name), bytes);
            return;
        }

        var golden = Read(name);
        Assert.True(golden.AsSpan().SequenceEqual(bytes), $"{name} differs from byte {golden.AsSpan().CommonPrefixLength(bytes)} on: a layout that changes needs a new version.");
    }
}
