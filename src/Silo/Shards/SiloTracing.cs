using System.Diagnostics;
using Broker.Contracts.Shards;

namespace Broker.Silo.Shards;

/// <summary>Spans of the silo, source <c>Broker.Silo</c>: a shard's part in the traces that gateways hand on. Nothing is made for calls without one.</summary>
internal static class SiloTracing
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "Broker.Silo";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>A shard's work on an append.</summary>
    /// <param name="traceParent">The caller's span, in the form of W3C's traceparent; null for none.</param>
    /// <param name="shard">The shard.</param>
    public static Activity? StartAppend(string? traceParent, ShardKey shard)
    {
        if (traceParent is null || !Source.HasListeners() || !ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent))
        {
            return null;
        }

        var activity = Source.StartActivity("shard append", ActivityKind.Server, parent);
        activity?.SetTag("broker.shard", shard.Shard.ToString());
        return activity;
    }

    /// <summary>From the hand-over to the log until the blocks are durable.</summary>
    /// <param name="blocks">Blocks in it.</param>
    public static Activity? StartCommit(int blocks)
    {
        // Only within an append's span: commits of their own are counted, not traced.
        if (Activity.Current?.Source != Source)
        {
            return null;
        }

        var activity = Source.StartActivity("commit");
        activity?.SetTag("broker.commit.blocks", blocks);
        return activity;
    }
}
