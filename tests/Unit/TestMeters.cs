using System.Diagnostics.Metrics;

namespace Broker.Tests.Unit;

/// <summary>Makes meters that a listener can tell from those of other tests by their scope.</summary>
internal sealed class TestMeters : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options.Name, options.Version, options.Tags, this);

    public void Dispose()
    {
    }
}
