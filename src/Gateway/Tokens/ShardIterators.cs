using System.Globalization;
using Broker.Contracts.Errors;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Tokens;

/// <summary>Hands out shard iterators and takes them back.</summary>
public sealed class ShardIterators(TokenSealer sealer, IOptions<BrokerLimits> limits, TimeProvider clock)
{
    internal ValueTask<string> MakeAsync(ShardKey shard, long position) => sealer.SealAsync(
        TokenPurpose.ShardIterator, new ShardIterator(shard, position, clock.GetUtcNow().ToUnixTimeMilliseconds()).Encode());

    /// <exception cref="BrokerException">InvalidArgument: malformed or forged. ExpiredIterator.</exception>
    internal async ValueTask<ShardIterator> OpenAsync(string text)
    {
        if (await sealer.OpenAsync(TokenPurpose.ShardIterator, text) is not { } content || ShardIterator.Decode(content.Span) is not { } iterator)
        {
            throw new BrokerException(BrokerErrorCode.InvalidArgument, "Invalid ShardIterator.");
        }

        var now = clock.GetUtcNow();
        var created = DateTimeOffset.FromUnixTimeMilliseconds(iterator.CreatedUnixMilliseconds);
        var lifetime = limits.Value.IteratorLifetime;
        if (now - created > lifetime)
        {
            throw new BrokerException(
                BrokerErrorCode.ExpiredIterator,
                $"Iterator expired. The iterator was created at time {Format(created)} while right now it is {Format(now)} which is further in the future than the tolerated delay of {(long)lifetime.TotalMilliseconds} milliseconds.");
        }

        return iterator;
    }

    private static string Format(DateTimeOffset time) => time.ToString("ddd MMM dd HH:mm:ss 'UTC' yyyy", CultureInfo.InvariantCulture);
}
