namespace Broker.Kcl.Consumer;

/// <summary>The share of the machine's processors that this process has in use. For one caller at a time.</summary>
internal sealed class CpuShare(TimeProvider time)
{
    private TimeSpan used = Used();
    private long at = time.GetTimestamp();

    /// <summary>Since the last call, 0 to 100.</summary>
    public double Take()
    {
        var (usedBefore, passed) = (used, time.GetElapsedTime(at));
        used = Used();
        at = time.GetTimestamp();
        return passed <= TimeSpan.Zero ? 0 : Math.Clamp((used - usedBefore) / passed / Environment.ProcessorCount * 100, 0, 100);
    }

    private static TimeSpan Used() => OperatingSystem.IsBrowser() || OperatingSystem.IsIOS() || OperatingSystem.IsTvOS() ? TimeSpan.Zero : Environment.CpuUsage.TotalTime;
}
