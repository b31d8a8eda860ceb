using Xunit;

namespace Broker.Tests.Groups;

/// <summary>Waits for conditions, with a bound that a loaded machine keeps.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public static Task HoldsAsync(Func<bool> condition, Func<string> what) => HoldsAsync(() => Task.FromResult(condition()), what);

    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> what)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await condition();)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                Assert.Fail($"not within {Patience.TotalSeconds} s: {what()}");
            }

            await Task.Delay(50);
        }
    }
}
