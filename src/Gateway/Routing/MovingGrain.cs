using System.Data.Common;
using Broker.Contracts.Errors;

namespace Broker.Gateway.Routing;

/// <summary>Asks a grain whose silo may just have been lost, or whose database may be away: again for some seconds, in which another takes over.</summary>
/// <remarks>For questions alone, which may be repeated. What changes something has its own way to learn what became of it.</remarks>
internal static class MovingGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    public static async Task<T> AskAsync<T>(Func<Task<T>> ask, TimeProvider clock, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await ask().WaitAsync(cancellation);
            }
            catch (Exception exception) when (IsPassing(exception) && clock.GetElapsedTime(started) + pause < Patience)
            {
                await Task.Delay(pause, clock, cancellation);
            }
        }
    }

    public static Task AskAsync(Func<Task> ask, TimeProvider clock, CancellationToken cancellation) => AskAsync(
        async () =>
        {
            await ask();
            return true;
        },
        clock,
        cancellation);

    private static bool IsPassing(Exception exception) =>
        exception is OrleansException or TimeoutException or DbException or BrokerException { Code: BrokerErrorCode.Unavailable };
}
