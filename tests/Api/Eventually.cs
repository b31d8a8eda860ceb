using Xunit;

namespace Broker.Tests.Api;

/// <summary>Waits for conditions, with a bound that a loaded machine keeps.</summary>
internal static class Eventually
{
    public static async Task HoldsAsync(Func<bool> condition, string what, Task? whileRunning = null)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !condition();)
        {
            if (whileRunning is { IsFaulted: true })
            {
                await whileRunning;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30), $"not within 30 s: {what}");
            await Task.Delay(20);
        }
    }
}
