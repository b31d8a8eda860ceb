using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class TokenTests
{
    private static readonly ShardKey Shard = new(new StreamGeneration(42), new ShardId(7));

    private readonly FakeTimeProvider clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly FakeCluster cluster = new(1);

    [Fact]
    public async Task An_iterator_comes_back_as_it_was_made()
    {
        var text = await Iterators().MakeAsync(Shard, 123_456_789_012);
        Assert.InRange(text.Length, 1, 511);
        Assert.Equal((Shard, 123_456_789_012), await OpenAsync(text));
    }

    [Fact]
    public async Task A_changed_iterator_is_refused_whatever_was_changed()
    {
        var iterators = Iterators();
        var text = await iterators.MakeAsync(Shard, 1);
        for (var i = 0; i < text.Length; i++)
        {
            var forged = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            await AssertRefusedAsync(BrokerErrorCode.InvalidArgument, () => iterators.OpenAsync(forged).AsTask());
        }

        foreach (var malformed in new[] { "", "A", "\0", text + "A", text[..^4], new string('A', 5000), "строка" })
        {
            await AssertRefusedAsync(BrokerErrorCode.InvalidArgument, () => iterators.OpenAsync(malformed).AsTask());
        }
    }

    [Fact]
    public async Task An_iterator_of_another_cluster_is_refused()
    {
        var text = await Iterators().MakeAsync(Shard, 1);
        cluster.TokenKey = [.. new byte[32]];
        await AssertRefusedAsync(BrokerErrorCode.InvalidArgument, () => Iterators().OpenAsync(text).AsTask());
    }

    [Fact]
    public async Task An_iterator_expires_with_the_sentence_of_AWS()
    {
        var iterators = Iterators();
        var text = await iterators.MakeAsync(Shard, 1);
        clock.Advance(TimeSpan.FromMinutes(5));
        await iterators.OpenAsync(text);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var exception = await AssertRefusedAsync(BrokerErrorCode.ExpiredIterator, () => iterators.OpenAsync(text).AsTask());
        Assert.Equal(
            "Iterator expired. The iterator was created at time Fri Jan 02 03:04:05 UTC 2026 while right now it is Fri Jan 02 03:09:05 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.",
            exception.Message);
    }

    [Fact]
    public async Task A_page_token_is_of_one_operation_and_expires()
    {
        var tokens = new PageTokens(new TokenSealer(cluster), Options.Create(new BrokerLimits()), clock);
        var token = await tokens.MakeAsync(TokenPurpose.ListStreams, "имя");
        Assert.Equal("имя", await tokens.OpenAsync(TokenPurpose.ListStreams, token));
        await AssertRefusedAsync(BrokerErrorCode.InvalidArgument, () => tokens.OpenAsync(TokenPurpose.ListShards, token).AsTask());
        await AssertRefusedAsync(BrokerErrorCode.InvalidArgument, () => Iterators().OpenAsync(token).AsTask());
        clock.Advance(TimeSpan.FromSeconds(301));
        await AssertRefusedAsync(BrokerErrorCode.ExpiredNextToken, () => tokens.OpenAsync(TokenPurpose.ListStreams, token).AsTask());
    }

    private static async Task<BrokerException> AssertRefusedAsync(BrokerErrorCode code, Func<Task> open)
    {
        var exception = await Assert.ThrowsAsync<BrokerException>(open);
        Assert.Equal(code, exception.Code);
        return exception;
    }

    private ShardIterators Iterators() => new(new TokenSealer(cluster), Options.Create(new BrokerLimits()), clock);

    private async Task<(ShardKey, long)> OpenAsync(string text)
    {
        var iterator = await Iterators().OpenAsync(text);
        return (iterator.Shard, iterator.Position);
    }
}
