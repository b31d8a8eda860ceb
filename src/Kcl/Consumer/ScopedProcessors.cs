using Microsoft.Extensions.DependencyInjection;

namespace Broker.Kcl.Consumer;

/// <summary>Makes processors with what a service container has for them, each in a scope of its own.</summary>
internal sealed class ScopedProcessors<TProcessor>(IServiceScopeFactory scopes) : IRecordProcessorFactory
    where TProcessor : class, IRecordProcessor
{
    public IRecordProcessor Create(ShardLease lease)
    {
        var scope = scopes.CreateAsyncScope();
        try
        {
            var takesLease = typeof(TProcessor).GetConstructors().Any(
                constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(ShardLease)));
            object[] arguments = takesLease ? [lease] : [];
            return new Scoped(ActivatorUtilities.CreateInstance<TProcessor>(scope.ServiceProvider, arguments), scope);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    private sealed class Scoped(TProcessor processor, AsyncServiceScope scope) : IRecordProcessor, IAsyncDisposable
    {
        public Task InitializeAsync(ShardLease lease, CancellationToken lost) => processor.InitializeAsync(lease, lost);

        public Task ProcessRecordsAsync(RecordBatch batch, CancellationToken lost) => processor.ProcessRecordsAsync(batch, lost);

        public Task LeaseLostAsync() => processor.LeaseLostAsync();

        public Task ShardEndedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => processor.ShardEndedAsync(checkpointer, lost);

        public Task ShutdownRequestedAsync(IShardCheckpointer checkpointer, CancellationToken lost) => processor.ShutdownRequestedAsync(checkpointer, lost);

        public async ValueTask DisposeAsync()
        {
            if (processor is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else
            {
                (processor as IDisposable)?.Dispose();
            }

            await scope.DisposeAsync();
        }
    }
}
