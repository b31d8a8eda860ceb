namespace Broker.Load;

/// <summary>What one run of the harness measures, and how long.</summary>
/// <param name="Scenarios">Names, in the order in which they run.</param>
/// <param name="Quick">Short turns, one round and less data: figures to see that all works, not to quote.</param>
/// <param name="Turn">Length of a turn.</param>
/// <param name="Rounds">Turns of each system; they alternate, and the median counts.</param>
/// <param name="Binaries">Directory of a published broker; null to publish it.</param>
/// <param name="Directory">Where the data goes: on the disk to be measured.</param>
/// <param name="History">File that takes a line of JSON a run; null for none.</param>
/// <param name="Plots">Directory of the plots.</param>
internal sealed record LoadOptions(
    IReadOnlyList<string> Scenarios, bool Quick, TimeSpan Turn, int Rounds, string? Binaries, string Directory, string? History, string Plots);
