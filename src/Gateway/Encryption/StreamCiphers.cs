using System.Collections.Concurrent;
using System.Collections.Immutable;
using Broker.Contracts.Blocks;
using Broker.Contracts.Errors;
using Broker.Contracts.Grains;
using Broker.Contracts.Streams;
using Broker.Gateway.Compression;
using Broker.Gateway.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Encryption;

/// <summary>What stands between records and shards: gives appends what to encrypt with, and opens what shards return. Thread-safe.</summary>
public sealed partial class StreamCiphers
{
    private readonly IKeyProvider provider;
    private readonly IBrokerGrains grains;
    private readonly StreamRoutes routes;
    private readonly EncryptionOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger<StreamCiphers> logger;
    private readonly DataKeys keys;
    private readonly NonceSource nonces = new();
    private readonly ConcurrentDictionary<StreamGeneration, long> looked = new();

    public StreamCiphers(
        IKeyProvider provider,
        IBrokerGrains grains,
        StreamRoutes routes,
        BrokerIdentity identity,
        IOptions<EncryptionOptions> options,
        TimeProvider clock,
        ILoggerFactory loggers)
    {
        (this.provider, this.grains, this.routes, this.options, this.clock) = (provider, grains, routes, options.Value, clock);
        logger = loggers.CreateLogger<StreamCiphers>();
        keys = new DataKeys(provider, options, identity, clock, loggers.CreateLogger<DataKeys>());
    }

    /// <summary>Has a stream's new records encrypted under a master key.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keyId">A key id, a key ARN, <c>alias/NAME</c> or an alias ARN.</param>
    /// <param name="cancellation">Gives up; the stream may be encrypted all the same.</param>
    /// <exception cref="BrokerException">A code of KMS, or what the stream answers.</exception>
    public async Task StartAsync(IStreamGrain stream, string keyId, CancellationToken cancellation)
    {
        var generation = (await stream.DescribeAsync().WaitAsync(cancellation)).Generation;
        var key = await provider.GenerateAsync(keyId, keys.ContextOf(generation), cancellation);
        await stream.StartEncryptionAsync(keyId, key.MasterKeyId, key.Wrapped).WaitAsync(cancellation);
    }

    /// <summary>What the stream's next blocks are encrypted with; null where they are not.</summary>
    /// <exception cref="BrokerException">A code of KMS; Unavailable.</exception>
    internal ValueTask<BlockCipher?> ForWritingAsync(StreamDescription stream) => stream.Encryption is { KeyGeneration: > 0 } encryption
        ? ForWritingAsync(stream, encryption)
        : default;

    /// <summary>What a shard returned, decrypted and decompressed; its code is one of KMS, DataLoss, Unavailable or Internal where that cannot be done.</summary>
    /// <param name="stream">The stream that the shard is of.</param>
    /// <param name="read">What it returned.</param>
    /// <param name="cancellation">Gives up.</param>
    internal ValueTask<ReadResult> OpenAsync(StreamGeneration stream, ReadResult read, CancellationToken cancellation)
    {
        if (!read.Blocks.IsDefaultOrEmpty)
        {
            foreach (var block in read.Blocks)
            {
                if (!block.Head.IsPlain)
                {
                    return OpenBlocksAsync(stream, read, cancellation);
                }
            }
        }

        return new ValueTask<ReadResult>(read);
    }

    private async ValueTask<BlockCipher?> ForWritingAsync(StreamDescription stream, StreamEncryption encryption)
    {
        var wrapped = encryption.Find(encryption.KeyGeneration) ?? throw Lost(stream.Generation, encryption.KeyGeneration);
        var key = await keys.GetAsync(stream.Generation, wrapped);
        if (IsTimeToLook(stream.Generation))
        {
            // Beside the put, which the present key serves: neither provider nor stream may hold it up.
            _ = RotateIfDueAsync(stream, encryption, key);
        }

        return new BlockCipher(key, nonces);
    }

    private async ValueTask<ReadResult> OpenBlocksAsync(StreamGeneration stream, ReadResult read, CancellationToken cancellation)
    {
        try
        {
            var blocks = ImmutableArray.CreateBuilder<RecordBlock>(read.Blocks.Length);
            var key = (DataKey?)null;
            foreach (var block in read.Blocks)
            {
                if (block.Head.KeyGeneration == 0)
                {
                    blocks.Add(block.Head.IsPlain ? block : PayloadDecompressor.Open(block, block.Payload.Span));
                    continue;
                }

                if (key?.Key.Generation != block.Head.KeyGeneration)
                {
                    key = await keys.GetAsync(stream, await FindAsync(stream, block.Head.KeyGeneration, cancellation)).AsTask().WaitAsync(cancellation);
                }

                blocks.Add(BlockCipher.Decrypt(key, block));
            }

            return read with { Blocks = blocks.MoveToImmutable() };
        }
        catch (BrokerException exception)
        {
            return ReadResult.Failed(exception.Code, exception.Message);
        }
    }

    private async ValueTask<WrappedDataKey> FindAsync(StreamGeneration stream, uint generation, CancellationToken cancellation)
    {
        var route = routes.Peek(stream) ?? await routes.GetAsync(stream, cancellation);
        if (route.Stream.Encryption?.Find(generation) is { } known)
        {
            return known;
        }

        // Another gateway may have been told of the key before this one.
        route = await routes.RefreshAsync(route, cancellation);
        return route.Stream.Encryption?.Find(generation) ?? throw Lost(stream, generation);
    }

    private bool IsTimeToLook(StreamGeneration stream)
    {
        var now = clock.GetTimestamp();
        if (looked.TryGetValue(stream, out var last))
        {
            return clock.GetElapsedTime(last, now) >= options.VerifyEvery && looked.TryUpdate(stream, now, last);
        }

        if (looked.Count >= options.MaxCachedDataKeys)
        {
            looked.Clear();
        }

        return looked.TryAdd(stream, now);
    }

    /// <summary>Another data key where this one has served its time, or its alias has come to mean another master key. What fails is tried again later.</summary>
    private async Task RotateIfDueAsync(StreamDescription stream, StreamEncryption encryption, DataKey key)
    {
        try
        {
            var age = clock.GetUtcNow().ToUnixTimeMilliseconds() - key.Key.CreatedUnixMilliseconds;
            if (age < options.DataKeyLifetime.TotalMilliseconds
                && key.Blocks < options.DataKeyBlocks
                && await provider.ResolveAsync(encryption.KeyId!, CancellationToken.None) == key.Key.MasterKeyId)
            {
                return;
            }

            var next = await provider.GenerateAsync(encryption.KeyId!, keys.ContextOf(stream.Generation), CancellationToken.None);
            await grains.Stream(stream.Generation).RotateDataKeyAsync(key.Key.Generation, next.MasterKeyId, next.Wrapped);
        }
        catch (Exception exception)
        {
            LogNotRotated(logger, key.Key.Generation, stream.Name, exception.Message);
        }
    }

    private static BrokerException Lost(StreamGeneration stream, uint generation) => new(
        BrokerErrorCode.DataLoss, $"The stream of generation {stream} has no data key {generation}, under which records of it are encrypted.");
}
