namespace Broker.Kcl.Consumer;

/// <summary>Makes a processor for each lease. Called from any thread.</summary>
public interface IRecordProcessorFactory
{
    /// <summary>Makes the processor of a lease that was granted. A processor that is disposable is disposed of when its lease ends.</summary>
    IRecordProcessor Create(ShardLease lease);
}
