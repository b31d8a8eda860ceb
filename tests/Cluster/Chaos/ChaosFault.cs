namespace Broker.Tests.Cluster.Chaos;

/// <summary>A fault to make.</summary>
/// <param name="Kind">What sort.</param>
/// <param name="Target">What it is done to.</param>
/// <param name="Inject">Makes it.</param>
/// <param name="Hold">How long it lasts.</param>
/// <param name="Heal">Undoes it.</param>
internal sealed record ChaosFault(string Kind, string Target, Func<Task> Inject, TimeSpan Hold, Func<Task> Heal)
{
    /// <summary>What must be there first, and costs nothing that is measured.</summary>
    public Func<Task> Prepare { get; init; } = () => Task.CompletedTask;
}
