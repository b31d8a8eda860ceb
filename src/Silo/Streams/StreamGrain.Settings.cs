using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <content>Settings that change at once: retention, record size, tags, shard-level metrics.</content>
public sealed partial class StreamGrain
{
    public Task IncreaseRetentionAsync(int hours) => ChangeRetentionAsync(hours, increase: true);

    public Task DecreaseRetentionAsync(int hours) => ChangeRetentionAsync(hours, increase: false);

    public Task UpdateMaxRecordSizeAsync(int bytes) => ChangeAsync(async () =>
    {
        StreamRules.CheckRecordSize(bytes);
        ActiveHead();
        if (settings.MaxRecordBytes != bytes)
        {
            await WriteSettingsAsync(settings with { MaxRecordBytes = bytes });
        }
    });

    public Task AddTagsAsync(ImmutableSortedDictionary<string, string> tags) => ChangeAsync(async () =>
    {
        var head = SettledHead();
        var all = settings.Tags.SetItems(tags);
        rules.CheckTags(head.Name, tags, all.Count);
        await WriteSettingsAsync(settings with { Tags = all });
    });

    public Task RemoveTagsAsync(ImmutableArray<string> keys) => ChangeAsync(async () =>
    {
        SettledHead();
        await WriteSettingsAsync(settings with { Tags = settings.Tags.RemoveRange(keys) });
    });

    public Task<ShardLevelMetricsChange> EnableMetricsAsync(ImmutableArray<string> metrics) =>
        ChangeMetricsAsync(metrics, static (current, named) => ShardLevelMetrics.Expand(current.AddRange(named)));

    public Task<ShardLevelMetricsChange> DisableMetricsAsync(ImmutableArray<string> metrics) =>
        ChangeMetricsAsync(metrics, static (current, named) => [.. current.Where(metric => !named.Contains(metric))]);

    private Task<bool> ChangeRetentionAsync(int hours, bool increase) => ChangeAsync(async () =>
    {
        var head = ActiveHead();
        rules.CheckRetention(head.Name, settings.RetentionHours, hours, increase);
        if (hours != settings.RetentionHours)
        {
            var horizon = settings.Horizon.WithHours(hours, expiry.NowUnixMilliseconds);
            await WriteSettingsAsync(settings with
            {
                RetentionHours = hours,
                HorizonFloorUnixMilliseconds = horizon.FloorUnixMilliseconds,
            });
        }
    });

    private Task<ShardLevelMetricsChange> ChangeMetricsAsync(
        ImmutableArray<string> metrics, Func<ImmutableArray<string>, ImmutableArray<string>, ImmutableArray<string>> change) => ChangeAsync(async () =>
    {
        StreamRules.CheckMetrics(metrics);
        ActiveHead();
        var current = settings.ShardLevelMetrics ?? [];
        var desired = change(current, ShardLevelMetrics.Expand(metrics));
        if (!desired.SequenceEqual(current))
        {
            await WriteSettingsAsync(settings with { ShardLevelMetrics = desired.IsEmpty ? null : desired });
        }

        return new ShardLevelMetricsChange(current, desired);
    });

    /// <summary>A stream that is made and not being deleted.</summary>
    private Rows.StreamHeadRow SettledHead()
    {
        var head = Head();
        return head.Status is StreamStatus.Active or StreamStatus.Updating ? head : throw errors.NotActive(head.Name, head.Status);
    }
}
