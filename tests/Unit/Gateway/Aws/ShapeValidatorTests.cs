using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Records;
using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Aws.Streams;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Aws;

/// <summary>The sentences and their order are AWS's, as captured by mhart/kinesalite.</summary>
public sealed class ShapeValidatorTests
{
    [Fact]
    public void What_is_sound_passes() => Check(new DescribeStream.Input { StreamName = "a.b_c-D9", Limit = 1 });

    [Fact]
    public void All_violations_are_told_at_once_in_order() => Fails(
        "3 validation errors detected: "
        + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1; "
        + "Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; "
        + "Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        new DescribeStream.Input { StreamName = "", Limit = 0 });

    [Fact]
    public void What_is_missing_is_null() => Fails(
        "2 validation errors detected: "
        + "Value null at 'shardToMerge' failed to satisfy constraint: Member must not be null; "
        + "Value null at 'adjacentShardToMerge' failed to satisfy constraint: Member must not be null",
        new MergeShards.Input { StreamName = "a" });

    [Fact]
    public void Values_of_a_set_are_listed() => Fails(
        "1 validation error detected: Value 'A' at 'shardIteratorType' failed to satisfy constraint: "
        + "Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]",
        new GetShardIterator.Input { StreamName = "a", ShardId = "b", ShardIteratorType = "A" });

    [Fact]
    public void Maps_tell_their_keys_and_their_values() => Fails(
        "2 validation errors detected: "
        + $"Value '{{=, a={new string('v', 257)}}}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: "
        + "[Member must have length less than or equal to 128, Member must have length greater than or equal to 1]; "
        + $"Value '{{=, a={new string('v', 257)}}}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: "
        + "[Member must have length less than or equal to 256, Member must have length greater than or equal to 0]",
        new AddTagsToStream.Input { StreamName = "a", Tags = new() { [""] = "", ["a"] = new string('v', 257) } });

    [Fact]
    public void Members_of_lists_are_counted_from_one() => Fails(
        "2 validation errors detected: "
        + "Value '' at 'records.2.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        + "Value null at 'records.2.member.data' failed to satisfy constraint: Member must not be null",
        new PutRecords.Input { StreamName = "a", Records = [new PutEntry { PartitionKey = "k", Data = default(Blob) }, new PutEntry { PartitionKey = "" }] });

    [Fact]
    public void No_more_than_ten_are_told()
    {
        var entries = Enumerable.Range(0, 20).Select(_ => new PutEntry { PartitionKey = "k" }).ToList();
        var exception = Assert.Throws<AwsException>(() => Check(new PutRecords.Input { StreamName = "a", Records = entries }));
        Assert.StartsWith("10 validation errors detected: ", exception.Error.Message, StringComparison.Ordinal);
    }

    private static void Check(object input) => ShapeValidator.Check(Shape.Of(input.GetType()), input);

    private static void Fails(string message, object input)
    {
        var exception = Assert.Throws<AwsException>(() => Check(input));
        Assert.Equal(("ValidationException", message), (exception.Error.Type, exception.Error.Message));
    }
}
