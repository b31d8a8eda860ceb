namespace Broker.Contracts.Cluster;

/// <summary>Whether the silo of this process was told to give its shards away; a gateway beside it then says that it is not ready.</summary>
public interface ISiloDrain
{
    bool IsDrained { get; }
}
