using System.Collections.Immutable;
using Broker.Contracts.Streams;

namespace Broker.Silo.Streams.Rows;

/// <summary>A registered consumer with what only its stream grain needs to know of it.</summary>
/// <param name="Description">What clients are told.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="ResourcePolicy">Its resource policy, IAM's JSON; null for none.</param>
public sealed record StreamConsumer(ConsumerDescription Description, ImmutableSortedDictionary<string, string> Tags, string? ResourcePolicy)
{
    public static StreamConsumer Of(string name, ConsumerRow row) => new(
        new ConsumerDescription(name, ConsumerStatus.Active, row.CreatedUnixMilliseconds),
        row.Tags ?? ImmutableSortedDictionary<string, string>.Empty,
        row.ResourcePolicy);

    public ConsumerRow ToRow() => new()
    {
        CreatedUnixMilliseconds = Description.CreatedUnixMilliseconds,
        Tags = Tags.IsEmpty ? null : Tags,
        ResourcePolicy = ResourcePolicy,
    };
}
