using System.Collections.Immutable;
using Broker.Contracts.Cluster;
using Broker.Contracts.Errors;

namespace Broker.Contracts.Grains;

/// <summary>What operators ask of a cluster. Keyed by 0; any number of activations, which keep nothing.</summary>
[Alias("broker.IClusterGrain")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>All silos and what they carry. One that does not answer within a second is told without a report.</summary>
    [Alias("GetState")]
    Task<ClusterState> GetStateAsync();

    /// <summary>Has a silo give its shards away and be given none, or takes that back. Answers at once; the shards go one after the other. Forgotten when the silo ends.</summary>
    /// <param name="silo">Its name, or its address.</param>
    /// <param name="isDrained">False to take it back.</param>
    /// <exception cref="BrokerException">
    /// ResourceNotFound: no active silo is called that. ResourceInUse: no other silo would be left for the shards. Unavailable: it does not answer.
    /// </exception>
    [Alias("Drain")]
    Task DrainAsync(string silo, bool isDrained);

    /// <summary>Has all silos compare what they committed with what the database has, so that what a restored one lost is noted. Repeatable.</summary>
    /// <returns>How many shards were compared, and the names of silos that did not do so.</returns>
    [Alias("CheckShards")]
    Task<(int Shards, ImmutableArray<string> Silent)> CheckShardsAsync();

    /// <summary>What the processes of all silos tell to whoever looks for a fault; of those that answer.</summary>
    [Alias("Diagnose")]
    Task<ImmutableArray<ProcessReport>> DiagnoseAsync();

    /// <summary>Raises the cluster's level, durably. Repeatable; never lowers it.</summary>
    /// <param name="level">0 for the highest that all silos serve.</param>
    /// <returns>The level before and after.</returns>
    /// <exception cref="BrokerException">InvalidArgument: below the present level. ResourceInUse: a member cannot serve it, or does not say.</exception>
    [Alias("Upgrade")]
    Task<(int Before, int After)> UpgradeAsync(int level);
}
