using System.Collections.Concurrent;
using Broker.Gateway.Encryption;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Encryption;

public sealed class NonceSourceTests
{
    [Fact]
    public void No_nonce_comes_twice_whoever_asks()
    {
        NonceSource[] processes = [new(), new(), new()];
        var seen = new ConcurrentDictionary<(ulong, uint), bool>();
        Parallel.For(0, 30_000, i => Assert.True(seen.TryAdd(processes[i % 3].Take(), true)));
        Assert.Equal(3, seen.Keys.Select(static nonce => nonce.Item1).Distinct().Count());
    }

    [Fact]
    public void A_count_that_is_used_up_begins_anew_under_other_bits()
    {
        var nonces = new NonceSource(17, uint.MaxValue - 1);
        Assert.Equal((17ul, uint.MaxValue - 1), nonces.Take());
        Assert.Equal((17ul, uint.MaxValue), nonces.Take());
        var next = nonces.Take();
        Assert.Equal(0u, next.Low);
        Assert.NotEqual(17u, next.High);
        Assert.Equal((next.High, 1u), nonces.Take());
    }
}
