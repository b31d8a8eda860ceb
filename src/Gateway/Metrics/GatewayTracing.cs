using System.Diagnostics;
using Broker.Contracts.Shards;
using Broker.Gateway.Appending;

namespace Broker.Gateway.Metrics;

/// <summary>Spans of the gateway, source <c>Broker.Gateway</c>. Nothing is made while nobody listens.</summary>
/// <remarks>
/// One call to a shard carries parts of many puts, so its span belongs to the first put that is traced and is linked to the others.
/// </remarks>
internal static class GatewayTracing
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "Broker.Gateway";

    /// <summary>More than any version of the form has: what a client sends is not turned to text without end.</summary>
    private const int MaxTraceParentBytes = 128;

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The span under which something is put now; the default where there is none that is recorded.</summary>
    public static ActivityContext Current => Activity.Current is { Recorded: true } activity ? activity.Context : default;

    /// <summary>A batch of a Produce call, which outlasts any one trace: its producer says with each batch which it belongs to.</summary>
    /// <param name="traceParent">In the form of W3C's traceparent.</param>
    /// <param name="stream">The stream's name.</param>
    public static Activity? StartBatch(ReadOnlySpan<byte> traceParent, string stream)
    {
        if (traceParent.Length is 0 or > MaxTraceParentBytes || !Source.HasListeners()
            || !ActivityContext.TryParse(System.Text.Encoding.ASCII.GetString(traceParent), null, isRemote: true, out var parent))
        {
            return null;
        }

        // It ends elsewhere than it begins: it is nobody's current one.
        var outer = Activity.Current;
        var activity = Source.StartActivity("produce batch", ActivityKind.Server, parent);
        activity?.SetTag("broker.stream", stream);
        Activity.Current = outer;
        return activity;
    }

    /// <summary>A call to a shard.</summary>
    public static Activity? StartAppend(List<AppendPortion> portions, string stream, ShardId shard)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        ActivityContext parent = default;
        List<ActivityLink>? links = null;
        foreach (var portion in portions)
        {
            var trace = portion.Batch.Trace;
            if (trace == default)
            {
                continue;
            }

            if (parent == default)
            {
                parent = trace;
            }
            else
            {
                (links ??= []).Add(new ActivityLink(trace));
            }
        }

        if (parent == default)
        {
            return null;
        }

        var activity = Source.StartActivity("append", ActivityKind.Client, parent, links: links);
        activity?.SetTag("broker.stream", stream).SetTag("broker.shard", shard.ToString()).SetTag("broker.portions", portions.Count);
        return activity;
    }
}
