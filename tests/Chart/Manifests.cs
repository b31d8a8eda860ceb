using k8s;
using k8s.Models;

namespace Broker.Tests.Chart;

/// <summary>Manifests as Kubernetes' own models, read strictly: a member that a model has not, or a value of another type, is a fault.</summary>
internal sealed class Manifests
{
    /// <summary>Kinds of operators, for which there are no models here.</summary>
    private static readonly string[] Foreign = ["monitoring.coreos.com/", "gateway.networking.k8s.io/"];

    private readonly List<object> objects = [];

    private Manifests()
    {
    }

    /// <summary>The kinds that were left out, as they stand.</summary>
    public List<string> ForeignDocuments { get; } = [];

    public IReadOnlyList<object> All => objects;

    public static Manifests Parse(string text)
    {
        var manifests = new Manifests();
        foreach (var document in text.Split("\n---", StringSplitOptions.RemoveEmptyEntries).Where(HasContent))
        {
            if (Array.Exists(Foreign, group => document.Contains($"\napiVersion: {group}", StringComparison.Ordinal)))
            {
                manifests.ForeignDocuments.Add(document);
            }
            else
            {
                manifests.objects.AddRange(KubernetesYaml.LoadAllFromString(document, null, strict: true));
            }
        }

        return manifests;
    }

    public IEnumerable<T> Of<T>() => objects.OfType<T>();

    public T One<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => Of<T>().Single(one => one.Metadata.Name == name);

    private static bool HasContent(string document) =>
        document.Split('\n').Any(static line => line.Length > 0 && line[0] != '#' && line.Trim() != "---" && !string.IsNullOrWhiteSpace(line));
}
