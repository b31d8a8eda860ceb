using System.Collections.Immutable;
using Broker.Contracts.Streams;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <content>Registered consumers and their tags; resource policies of stream and consumers.</content>
public sealed partial class StreamGrain
{
    public Task<ConsumerDescription> RegisterConsumerAsync(string name, ImmutableSortedDictionary<string, string>? tags) => ChangeAsync(async () =>
    {
        StreamRules.CheckName("ConsumerName", name);
        var head = SettledHead();
        tags ??= ImmutableSortedDictionary<string, string>.Empty;
        rules.CheckTags(head.Name, tags, tags.Count);
        if (rows.Consumers.ContainsKey(name))
        {
            throw errors.ConsumerExists(head.Name, name);
        }

        if (rows.Consumers.Count >= limits.MaxConsumersPerStream)
        {
            throw errors.ConsumerQuota(head.Name, limits.MaxConsumersPerStream);
        }

        var consumer = new ConsumerDescription(name, ConsumerStatus.Active, NowMilliseconds());
        await WriteRowsAsync(rows => rows.WriteConsumerAsync(new StreamConsumer(consumer, tags, null)));

        // AWS answers CREATING and is ACTIVE a moment later; here the row that makes it ACTIVE is durable already.
        return consumer with { Status = ConsumerStatus.Creating };
    });

    public Task DeregisterConsumerAsync(string name) => ChangeAsync(async () =>
    {
        FindConsumer(name);
        await WriteRowsAsync(rows => rows.RemoveConsumerAsync(name));
    });

    public Task<ConsumerDescription> DescribeConsumerAsync(string name) => Task.FromResult(FindConsumer(name).Description);

    public Task<ImmutableArray<ConsumerDescription>> ListConsumersAsync(string? afterName, int limit)
    {
        Head();
        return Task.FromResult<ImmutableArray<ConsumerDescription>>(
        [
            .. rows.Consumers.Values.Select(consumer => consumer.Description)
                .SkipWhile(consumer => string.CompareOrdinal(consumer.Name, afterName) <= 0).Take(limit),
        ]);
    }

    public Task AddConsumerTagsAsync(string consumer, ImmutableSortedDictionary<string, string> tags) => ChangeAsync(async () =>
    {
        var head = SettledHead();
        var present = FindConsumer(consumer);
        var all = present.Tags.SetItems(tags);
        rules.CheckTags(head.Name, tags, all.Count);
        await WriteRowsAsync(rows => rows.WriteConsumerAsync(present with { Tags = all }));
    });

    public Task RemoveConsumerTagsAsync(string consumer, ImmutableArray<string> keys) => ChangeAsync(async () =>
    {
        SettledHead();
        var present = FindConsumer(consumer);
        await WriteRowsAsync(rows => rows.WriteConsumerAsync(present with { Tags = present.Tags.RemoveRange(keys) }));
    });

    public Task<ImmutableSortedDictionary<string, string>> ListConsumerTagsAsync(string consumer) => Task.FromResult(FindConsumer(consumer).Tags);

    public Task PutResourcePolicyAsync(string consumer, string policy) => ChangeAsync(async () =>
    {
        StreamRules.CheckPolicy(policy);
        SettledHead();
        await WritePolicyAsync(consumer, policy);
    });

    public Task<string> GetResourcePolicyAsync(string consumer) => Task.FromResult(FindPolicy(consumer));

    public Task DeleteResourcePolicyAsync(string consumer) => ChangeAsync(async () =>
    {
        SettledHead();
        FindPolicy(consumer);
        await WritePolicyAsync(consumer, null);
    });

    private Task WritePolicyAsync(string consumer, string? policy)
    {
        if (consumer.Length == 0)
        {
            return WriteSettingsAsync(settings with { ResourcePolicy = policy });
        }

        var present = FindConsumer(consumer);
        return WriteRowsAsync(rows => rows.WriteConsumerAsync(present with { ResourcePolicy = policy }));
    }

    private string FindPolicy(string consumer)
    {
        var head = Head();
        return (consumer.Length == 0 ? settings.ResourcePolicy : FindConsumer(consumer).ResourcePolicy)
            ?? throw errors.PolicyNotFound(head.Name, consumer);
    }

    private ImmutableSortedDictionary<string, string> ResourcePolicies()
    {
        var policies = ImmutableSortedDictionary<string, string>.Empty;
        if (settings.ResourcePolicy is { } own)
        {
            policies = policies.Add("", own);
        }

        foreach (var (name, consumer) in rows.Consumers)
        {
            if (consumer.ResourcePolicy is { } policy)
            {
                policies = policies.Add(name, policy);
            }
        }

        return policies;
    }

    private StreamConsumer FindConsumer(string name)
    {
        var head = Head();
        return rows.Consumers.GetValueOrDefault(name) ?? throw errors.ConsumerNotFound(head.Name, name);
    }
}
