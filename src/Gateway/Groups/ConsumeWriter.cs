using Grpc.Core;

namespace Broker.Gateway.Groups;

/// <summary>The one way to a Consume call's worker: messages go one after another, each whole. Thread-safe.</summary>
internal sealed class ConsumeWriter(IServerStreamWriter<ConsumeFrame> output, CancellationToken call) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);

    public Task WriteAsync(V1.ConsumeResponse message) => WriteAsync(new ConsumeFrame(message));

    /// <summary>A message that is begun is written to its end: only the call's own end cuts it off.</summary>
    public async Task WriteAsync(ConsumeFrame frame)
    {
        await turn.WaitAsync(call);
        try
        {
            await output.WriteAsync(frame, call);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
