using Orleans.Services;

namespace Broker.Silo.Shards.Moving;

/// <summary>What silos ask each other about the shards that they have. One on every silo.</summary>
[Alias("broker.IShardHost")]
public interface IShardHost : IGrainService
{
    /// <summary>What the silo carries now.</summary>
    [Alias("GetLoad")]
    Task<SiloLoad> GetLoadAsync();
}
