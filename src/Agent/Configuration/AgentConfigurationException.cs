namespace Broker.Agent.Configuration;

/// <summary>A configuration cannot be used.</summary>
public sealed class AgentConfigurationException(IReadOnlyList<string> faults) : Exception(string.Join(' ', faults))
{
    /// <summary>All that is wrong, a sentence each.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
