namespace Broker.Silo.Operations;

/// <summary>
/// What this build can read and write, as numbers that rise by one with every format that older builds do not understand. A cluster has one level;
/// what is above it is not written, whatever the builds of its members could (docs/operations.md, Upgrades).
/// </summary>
/// <remarks>
/// 1: what builds wrote that knew no levels. 2: as 1; builds that know no levels may not join any more.
/// </remarks>
public static class FeatureLevels
{
    /// <summary>The lowest level of a cluster that this build serves.</summary>
    public const int Least = 1;

    /// <summary>The highest level of a cluster that this build serves.</summary>
    public const int Highest = 2;
}
