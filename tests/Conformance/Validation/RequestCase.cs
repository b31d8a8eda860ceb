namespace Broker.Tests.Conformance.Validation;

/// <summary>A request that is wrong in one way, and what AWS answers.</summary>
/// <param name="Name">What is wrong with which member.</param>
/// <param name="Input">The input.</param>
/// <param name="Violations">What validation finds; empty where <paramref name="SerializationMessage"/> is given.</param>
/// <param name="SerializationMessage">What deserialization says of a wrong type in JSON; null where the types are right.</param>
public sealed record RequestCase(
    string Name, IDictionary<string, object?> Input, IReadOnlyList<Violation> Violations, string? SerializationMessage = null)
{
    public override string ToString() => Name;
}
