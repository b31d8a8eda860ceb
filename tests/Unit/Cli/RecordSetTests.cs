using Broker.Cli.Verify;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Broker.Tests.Unit.Cli;

/// <summary>The set of bits is the set of numbers.</summary>
public sealed class RecordSetTests
{
    [Fact]
    public void It_holds_what_was_added_and_tells_what_another_lacks() => Prop.ForAll<byte[], byte[], byte>((numbers, others, dense) =>
    {
        var (set, other) = (Make(numbers, dense), Make(others, (byte)(dense / 2)));
        var (expected, lacking) = (Numbers(numbers, dense), Numbers(others, (byte)(dense / 2)));
        Assert.Equal(expected.Count, set.Count);
        Assert.True(expected.SetEquals(Enumerable.Range(0, 700).Select(number => (long)number).Where(set.Contains)));
        Assert.True(expected.Except(lacking).ToHashSet().SetEquals(set.Except(other)));
        Assert.True(expected.SetEquals(set.Except(null)));
        Assert.True(expected.SetEquals(set.Copy().Except(new RecordSet())));
        Assert.Empty(set.Copy().Except(set));
    }).QuickCheckThrowOnFailure();

    private static HashSet<long> Numbers(byte[] numbers, byte dense) => [.. Enumerable.Range(0, dense), .. numbers.Select(number => number * 2)];

    private static RecordSet Make(byte[] numbers, byte dense)
    {
        var set = new RecordSet();
        foreach (var number in Numbers(numbers, dense))
        {
            set.Add(number);
        }

        return set;
    }
}
