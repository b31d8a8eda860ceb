using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams;

/// <content>Settings that change at once: retention, mode, record size, tags, consumers.</content>
public sealed partial class StreamGrain
{
    public Task IncreaseRetentionAsync(int hours) => ChangeRetentionAsync(hours, increase: true);

    public Task DecreaseRetentionAsync(int hours) => ChangeRetentionAsync(hours, increase: false);

    public Task UpdateModeAsync(StreamMode mode) => ChangeAsync(async () =>
    {
        StreamRules.CheckMode(mode);
        var head = ActiveHead();
        if (head.Mode != mode)
        {
            await Catalogue.ReserveAsync(generation, mode, rows.Lineage.Open.Length);
            await WriteRowsAsync(rows => rows.WriteHeadAsync(head with { Mode = mode }));
        }
    });

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

    public Task<ConsumerDescription> RegisterConsumerAsync(string name) => ChangeAsync(async () =>
    {
        StreamRules.CheckName("ConsumerName", name);
        var head = SettledHead();
        if (rows.Consumers.ContainsKey(name))
        {
            throw errors.ConsumerExists(head.Name, name);
        }

        if (rows.Consumers.Count >= limits.MaxConsumersPerStream)
        {
            throw errors.ConsumerQuota(head.Name, limits.MaxConsumersPerStream);
        }

        var consumer = new ConsumerDescription(name, ConsumerStatus.Active, NowMilliseconds());
        await WriteRowsAsync(rows => rows.AddConsumerAsync(consumer));

        // AWS answers CREATING and is ACTIVE a moment later; here the row that makes it ACTIVE is durable already.
        return consumer with { Status = ConsumerStatus.Creating };
    });

    public Task DeregisterConsumerAsync(string name) => ChangeAsync(async () =>
    {
        FindConsumer(name);
        await WriteRowsAsync(rows => rows.RemoveConsumerAsync(name));
    });

    public Task<ConsumerDescription> DescribeConsumerAsync(string name) => Task.FromResult(FindConsumer(name));

    public Task<ImmutableArray<ConsumerDescription>> ListConsumersAsync(string? afterName, int limit)
    {
        Head();
        return Task.FromResult<ImmutableArray<ConsumerDescription>>(
            [.. rows.Consumers.Values.SkipWhile(consumer => string.CompareOrdinal(consumer.Name, afterName) <= 0).Take(limit)]);
    }

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

    private ConsumerDescription FindConsumer(string name)
    {
        var head = Head();
        return rows.Consumers.GetValueOrDefault(name) ?? throw errors.ConsumerNotFound(head.Name, name);
    }

    /// <summary>A stream that is made and not being deleted.</summary>
    private Rows.StreamHeadRow SettledHead()
    {
        var head = Head();
        return head.Status is StreamStatus.Active or StreamStatus.Updating ? head : throw errors.NotActive(head.Name, head.Status);
    }
}
