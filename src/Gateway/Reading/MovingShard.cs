using System.Data.Common;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;

namespace Broker.Gateway.Reading;

/// <summary>Asks a shard that may be changing its owner: an UNAVAILABLE is asked again for some seconds, in which a cluster takes a lost silo's shards over, before it becomes the client's.</summary>
/// <remarks>For reads alone, which may be repeated; appends have their own way to learn what became of them.</remarks>
internal sealed class MovingShard(IShardGrain shard, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    /// <param name="request">What to read.</param>
    /// <param name="stream">The shard's stream.</param>
    /// <param name="ciphers">Open what it returns.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<ReadResult> ReadAsync(ReadRequest request, StreamGeneration stream, StreamCiphers ciphers, CancellationToken cancellation) => AskAsync(
        async () => await ciphers.OpenAsync(stream, await shard.ReadAsync(request), cancellation), static result => result.Code, cancellation);

    public Task<FindResult> FindAsync(long arrivalUnixMilliseconds, CancellationToken cancellation) =>
        AskAsync(() => shard.FindAsync(arrivalUnixMilliseconds), static result => result.Code, cancellation);

    private async Task<T> AskAsync<T>(Func<Task<T>> ask, Func<T, BrokerErrorCode> codeOf, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var isLast = clock.GetElapsedTime(started) + pause >= Patience;
            try
            {
                var answer = await ask().WaitAsync(cancellation);
                if (isLast || codeOf(answer) != BrokerErrorCode.Unavailable)
                {
                    return answer;
                }
            }
            catch (Exception exception) when (!isLast && exception is OrleansException or TimeoutException or DbException or BrokerException { Code: BrokerErrorCode.Unavailable })
            {
                // Its activation went in the middle of the call, or could not begin; the next call finds another.
            }

            await Task.Delay(pause, clock, cancellation);
        }
    }
}
