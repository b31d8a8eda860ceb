using System.Buffers.Text;
using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Limits;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Gateway.Routing;
using Broker.Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Broker.Tests.Golden;

/// <summary>Shard iterators and pagination tokens, which gateways of two releases exchange through their clients.</summary>
public sealed class TokenLayoutTests : IBrokerGrains
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly ShardKey Shard = new(new StreamGeneration(42), new ShardId(7));
    private readonly ShardIterators iterators;
    private readonly PageTokens pages;

    public TokenLayoutTests()
    {
        iterators = new ShardIterators(new TokenSealer(this), Options.Create(new BrokerLimits()), new FixedClock());
        pages = new PageTokens(new TokenSealer(this), Options.Create(new BrokerLimits()), new FixedClock());
    }

    public ICatalogueGrain Catalogue { get; } = DispatchProxy.Create<ICatalogueGrain, KeyOnly>();

    public IStreamGrain Stream(StreamGeneration generation) => throw new NotSupportedException();

    IShardGrain IBrokerGrains.Shard(ShardKey shard) => throw new NotSupportedException();

    public IApplicationsGrain Applications => throw new NotSupportedException();

    public IClusterGrain Cluster => throw new NotSupportedException();

    public ILeaseTableGrain LeaseTable(string application) => throw new NotSupportedException();

    [Fact]
    public async Task An_iterator_is_written_and_read_as_version_1()
    {
        const string File = "iterator-v1.txt";
        GoldenFiles.Compare(File, Encoding.ASCII.GetBytes(await iterators.MakeAsync(Shard, 123_456_789_012)));
        var text = Encoding.ASCII.GetString(GoldenFiles.Read(File));
        Assert.Equal(new ShardIterator(Shard, 123_456_789_012, 1_700_000_000_000), await iterators.OpenAsync(text));
        var exception = await Assert.ThrowsAsync<BrokerException>(() => iterators.OpenAsync(Newer(text)).AsTask());
        Assert.Equal((BrokerErrorCode.InvalidArgument, "Invalid ShardIterator."), (exception.Code, exception.Message));
    }

    [Fact]
    public async Task A_page_token_is_written_and_read_as_version_1()
    {
        const string File = "page-token-v1.txt";
        GoldenFiles.Compare(File, Encoding.ASCII.GetBytes(await pages.MakeAsync(TokenPurpose.ListShards, "flights 7")));
        var text = Encoding.ASCII.GetString(GoldenFiles.Read(File));
        Assert.Equal("flights 7", await pages.OpenAsync(TokenPurpose.ListShards, text));
        var exception = await Assert.ThrowsAsync<BrokerException>(() => pages.OpenAsync(TokenPurpose.ListShards, Newer(text)).AsTask());
        Assert.Equal((BrokerErrorCode.InvalidArgument, "next_token is not a token of this operation."), (exception.Code, exception.Message));
    }

    /// <summary>The same token of version 2, rightly signed.</summary>
    private static string Newer(string text)
    {
        var token = Base64Url.DecodeFromChars(text);
        Assert.Equal(1, token[0]);
        token[0] = 2;
        var signed = token.Length - HMACSHA256.HashSizeInBytes;
        HMACSHA256.HashData(Key, token.AsSpan(0, signed), token.AsSpan(signed));
        return Base64Url.EncodeToString(token);
    }

    /// <summary>A catalogue that has the key and nothing else.</summary>
    public class KeyOnly : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod?.Name == nameof(ICatalogueGrain.GetTokenKeyAsync) ? Task.FromResult(ImmutableArray.Create(Key)) : throw new NotSupportedException();
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
    }
}
