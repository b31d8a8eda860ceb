using Broker.Contracts.Cluster;
using Orleans.Services;

namespace Broker.Silo.Shards.Moving;

/// <summary>What silos ask each other about the shards that they have. One on every silo.</summary>
[Alias("broker.IShardHost")]
public interface IShardHost : IGrainService
{
    /// <summary>What the silo carries now.</summary>
    [Alias("GetLoad")]
    Task<SiloLoad> GetLoadAsync();

    /// <summary>What the silo tells operators. Builds before level 2 do not know it.</summary>
    [Alias("Report")]
    Task<SiloReport> ReportAsync();

    /// <summary>Has the silo give its shards away, or takes that back. Builds before level 2 do not know it.</summary>
    [Alias("Drain")]
    Task DrainAsync(bool isDrained);

    /// <summary>What the silo's process tells to whoever looks for a fault; null where it has nothing to tell. Builds before level 2 do not know it.</summary>
    [Alias("Diagnose")]
    Task<ProcessReport?> DiagnoseAsync();

    /// <summary>Has all shards of the silo compared with what the database has. Builds before level 2 do not know it.</summary>
    /// <returns>How many were compared.</returns>
    /// <exception cref="TimeoutException">Not all answered.</exception>
    [Alias("CheckShards")]
    Task<int> CheckShardsAsync();
}
