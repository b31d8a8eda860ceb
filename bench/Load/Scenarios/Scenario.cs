using Broker.Load.Results;
using Broker.Load.Systems;

namespace Broker.Load.Scenarios;

/// <summary>Something that can be measured by its name. Starts what it needs, and stops it.</summary>
internal abstract class Scenario
{
    /// <summary>Lower case, with hyphens.</summary>
    public abstract string Name { get; }

    /// <summary>What is measured, in a line.</summary>
    public abstract string Title { get; }

    /// <summary>Whether it runs where no scenario is named.</summary>
    public virtual bool RunsByDefault => true;

    public abstract Task<ScenarioResult> RunAsync(Testbed testbed);
}
