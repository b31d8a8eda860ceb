namespace Broker.Agent.Configuration;

/// <summary>What was found while a configuration was read.</summary>
internal sealed class ConfigurationFindings
{
    /// <summary>What makes it unusable.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>What was passed over.</summary>
    public List<string> Warnings { get; } = [];
}
