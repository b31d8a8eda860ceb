namespace Broker.Agent.Configuration;

/// <summary>A name that a configuration may have.</summary>
/// <param name="Name">The name, as in AWS's agent.</param>
internal abstract record Setting(string Name)
{
    /// <summary>What is taken where it is missing, as docs/agent.md tells it.</summary>
    public abstract string DefaultText { get; }
}
