using System.Text;
using System.Text.RegularExpressions;
using k8s.Models;

namespace Broker.Tests.Chart;

/// <summary>A container of a manifest as the kubelet would start it: variables and arguments with what they refer to put in.</summary>
internal sealed partial class RenderedContainer
{
    private readonly Manifests manifests;
    private readonly Dictionary<string, string> given;
    private readonly Dictionary<string, string> variables = [];

    /// <param name="container">What is to be started.</param>
    /// <param name="pod">The pod's name, on loopback.</param>
    /// <param name="manifests">The Secrets that the chart makes.</param>
    /// <param name="given">Secrets that it does not, as secret/key.</param>
    public RenderedContainer(V1Container container, string pod, Manifests manifests, Dictionary<string, string> given)
    {
        (this.manifests, this.given) = (manifests, given);
        foreach (var variable in container.Env)
        {
            variables[variable.Name] = variable.ValueFrom?.FieldRef?.FieldPath switch
            {
                "metadata.name" => pod,
                "status.podIP" => "127.0.0.1",
                null => variable.ValueFrom?.SecretKeyRef is { } reference ? Secret(reference) : Expand(variable.Value),
                var other => throw new NotSupportedException($"{variable.Name} is of {other}, which this test does not know."),
            };
        }

        Arguments = [.. container.Args.Select(Expand)];
    }

    public IReadOnlyDictionary<string, string> Variables => variables;

    public IReadOnlyList<string> Arguments { get; }

    /// <summary>Puts what this machine has in the place of a name that only a cluster resolves.</summary>
    public void Set(string variable, string value) => variables[variable] = value;

    private string Secret(V1SecretKeySelector reference) =>
        given.TryGetValue($"{reference.Name}/{reference.Key}", out var value) ? value : Encoding.UTF8.GetString(manifests.One<V1Secret>(reference.Name).Data[reference.Key]);

    private string Expand(string value) => Reference().Replace(value, match => variables[match.Groups[1].Value]);

    [GeneratedRegex(@"\$\(([A-Za-z_]+)\)")]
    private static partial Regex Reference();
}
