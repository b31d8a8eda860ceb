using Broker.Contracts.Blocks;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Storage;

namespace Broker.Silo.Hosting;

/// <summary>A log from the host's start to its stop: there to be injected before it is open, to be used only after.</summary>
internal abstract class ShardLogComponent<TLog> : IShardLog, IStorageComponent
    where TLog : class, IShardLog, IAsyncDisposable
{
    private TLog? opened;

    protected TLog Log => opened ?? throw new InvalidOperationException("The log is not open: the host has not started, or has stopped.");

    public async ValueTask OpenAsync(CancellationToken cancellationToken) => opened = await CreateAsync(cancellationToken);

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        if (opened is { } log)
        {
            await log.DisposeAsync();
        }
    }

    public ValueTask<ShardHead> OpenAsync(ShardKey shard, CancellationToken cancellationToken) => Log.OpenAsync(shard, cancellationToken);

    public ValueTask<ShardHead> PeekAsync(ShardKey shard, CancellationToken cancellationToken) => Log.PeekAsync(shard, cancellationToken);

    public ValueTask<AppendOutcome> AppendAsync(ShardAppend append) => Log.AppendAsync(append);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadAsync(ShardKey shard, long fromPosition, int maxBytes, CancellationToken cancellationToken) =>
        Log.ReadAsync(shard, fromPosition, maxBytes, cancellationToken);

    public ValueTask<IReadOnlyList<RecordBlock>> ReadBlocksAsync(ShardKey shard, long fromOrdinal, int maxBytes, CancellationToken cancellationToken) =>
        Log.ReadBlocksAsync(shard, fromOrdinal, maxBytes, cancellationToken);

    public ValueTask<long?> FindAsync(ShardKey shard, long arrivalUnixMilliseconds, CancellationToken cancellationToken) =>
        Log.FindAsync(shard, arrivalUnixMilliseconds, cancellationToken);

    public ValueTask<bool> IsCurrentAsync(ShardKey shard, long epoch, CancellationToken cancellationToken) =>
        Log.IsCurrentAsync(shard, epoch, cancellationToken);

    public ValueTask<bool> NoteLossAsync(ShardKey shard, ShardLoss loss, CancellationToken cancellationToken) =>
        Log.NoteLossAsync(shard, loss, cancellationToken);

    public ValueTask DeleteStreamAsync(StreamGeneration stream, CancellationToken cancellationToken) =>
        Log.DeleteStreamAsync(stream, cancellationToken);

    public ValueTask<ExpiryReport> ExpireAsync(IReadOnlyDictionary<StreamGeneration, long> horizons, CancellationToken cancellationToken) =>
        Log.ExpireAsync(horizons, cancellationToken);

    protected abstract ValueTask<TLog> CreateAsync(CancellationToken cancellationToken);
}
