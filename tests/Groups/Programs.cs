using System.Reflection;

namespace Broker.Tests.Groups;

/// <summary>Where the programs are that the tests run.</summary>
internal static class Programs
{
    public static string Root { get; } = Path.GetFullPath(Metadata("Repository"));

    public static string ExactlyOnce { get; } = Path.Combine(Root, "samples/exactly-once", Metadata("Output"), "exactly-once");

    public static string CountRecords { get; } = Path.Combine(Root, "samples/csharp", Metadata("Output"), "count-records");

    public static string GroupWorker { get; } = Path.Combine(Root, "tests/GroupWorker", Metadata("Output"), "group-worker");

    private static string Metadata(string key) => typeof(Programs).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
