using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Broker.Tests.Unit;

/// <summary>Who may know whom (docs/ARCHITECTURE.md): Silo → Contracts ← Gateway; Contracts → Protocol ← Kcl ← Agent; Cli composes.</summary>
public sealed partial class ArchitectureTests
{
    internal static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Protocol")]
    [InlineData("Contracts", "Protocol")]
    [InlineData("Silo", "Contracts")]
    [InlineData("Gateway", "Contracts")]
    [InlineData("Kcl", "Protocol")]
    [InlineData("Agent", "Kcl")]
    public void A_project_references_only_what_it_may(string project, params string[] allowed)
    {
        var references = XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [InlineData("Broker.Contracts", "Broker.Silo")]
    [InlineData("Broker.Contracts", "Broker.Gateway")]
    [InlineData("Broker.Silo", "Broker.Gateway")]
    [InlineData("Broker.Gateway", "Broker.Silo")]
    [InlineData("Broker.Gateway", "Orleans.Runtime")]
    public void An_assembly_does_not_know(string assembly, string unknown) =>
        Assert.DoesNotContain(unknown, Assembly.Load(assembly).GetReferencedAssemblies().Select(name => name.Name));

    [Fact]
    public void Storage_uses_no_type_of_Orleans()
    {
        var faults = Directory.EnumerateFiles(Path.Combine(Root, "src", "Silo", "Storage"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => File.ReadLines(file).Select((line, index) => (file, line, number: index + 1)))
            .Where(at => OrleansName().IsMatch(at.line))
            .Select(at => $"{Path.GetRelativePath(Root, at.file)}:{at.number}: {at.line.Trim()}");
        Assert.Empty(faults);
    }

    [Fact]
    public void Storage_derives_from_and_names_no_type_of_Orleans_in_metadata()
    {
        using var file = File.OpenRead(Assembly.Load("Broker.Silo").Location);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        var faults = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => metadata.GetString(type.Namespace).StartsWith("Broker.Silo.Storage", StringComparison.Ordinal))
            .Where(type => UsesOrleans(metadata, type.BaseType)
                || type.GetInterfaceImplementations().Any(handle => UsesOrleans(metadata, metadata.GetInterfaceImplementation(handle).Interface)))
            .Select(type => metadata.GetString(type.Name));
        Assert.Empty(faults);
    }

    private static bool UsesOrleans(MetadataReader metadata, EntityHandle handle) => handle.Kind == HandleKind.TypeReference
        && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)handle).Namespace).StartsWith("Orleans", StringComparison.Ordinal);

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Broker.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("Broker.sln is not above the tests.");
    }

    /// <summary>A using, a qualified name, or an attribute or base type of Orleans; comments may name it.</summary>
    [GeneratedRegex(@"^(?!\s*//).*(\busing\s+Orleans\b|\bOrleans\.\w|\[GenerateSerializer|\bIGrain\w*\b|: Grain\b)")]
    private static partial Regex OrleansName();
}
