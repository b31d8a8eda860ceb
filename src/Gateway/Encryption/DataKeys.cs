using System.Collections.Concurrent;
using System.Security.Cryptography;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Encryption;

/// <summary>The opened data keys of this gateway: bounded, and each good only as long as the key provider says so. Thread-safe.</summary>
/// <remarks>
/// A key is unwrapped again every <see cref="EncryptionOptions.VerifyEvery"/> while it is used, one call at a time a key; whoever needs it
/// waits for that. If the provider refuses, the key is dropped and its error is everyone's for a second. If the provider cannot
/// answer, the key serves until five minutes after it was last confirmed.
/// </remarks>
internal sealed partial class DataKeys(
    IKeyProvider provider, IOptions<EncryptionOptions> options, BrokerIdentity identity, TimeProvider clock, ILogger<DataKeys> logger)
{
    private static readonly TimeSpan UnconfirmedFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(StreamGeneration Stream, uint Generation), Entry> entries = new();

    public int Count => entries.Count;

    /// <summary>What wrapped keys of a stream are bound to: a key of one stream does not open under another's number.</summary>
    public string ContextOf(StreamGeneration stream) => $"{identity.AccountId}/{stream}";

    /// <exception cref="BrokerException">A code of KMS; Unavailable where the provider cannot answer and the key is not known.</exception>
    public ValueTask<DataKey> GetAsync(StreamGeneration stream, WrappedDataKey wrapped)
    {
        if (!entries.TryGetValue((stream, wrapped.Generation), out var entry))
        {
            MakeRoom();
            entry = entries.GetOrAdd((stream, wrapped.Generation), static _ => new Entry());
        }

        lock (entry)
        {
            entry.UsedAt = clock.GetTimestamp();
            if (entry.Key is { } key && clock.GetElapsedTime(entry.AskedAt) < (entry.IsConfirmed ? options.Value.VerifyEvery : AskAgainAfter))
            {
                return new ValueTask<DataKey>(key);
            }

            if (entry.Fault is { } fault && clock.GetElapsedTime(entry.AskedAt) < AskAgainAfter)
            {
                throw new BrokerException(fault.Code, fault.Message);
            }

            if (entry.Asking is not { IsCompleted: false })
            {
                entry.Asking = AskAsync(stream, wrapped, entry);
            }

            return new ValueTask<DataKey>(entry.Asking);
        }
    }

    private async Task<DataKey> AskAsync(StreamGeneration stream, WrappedDataKey wrapped, Entry entry)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var asked = clock.GetTimestamp();
        try
        {
            var plaintext = await provider
                .UnwrapAsync(wrapped.MasterKeyId, wrapped.Wrapped.AsMemory(), ContextOf(stream), CancellationToken.None)
                .AsTask().WaitAsync(AnswerWithin, clock);
            lock (entry)
            {
                entry.Key ??= new DataKey(wrapped, plaintext);
                CryptographicOperations.ZeroMemory(plaintext);
                (entry.Fault, entry.AskedAt, entry.ConfirmedAt, entry.IsConfirmed) = (null, asked, asked, true);
                return entry.Key;
            }
        }
        catch (Exception exception)
        {
            var isAnswer = exception is BrokerException { Code: not (BrokerErrorCode.KmsThrottling or BrokerErrorCode.Unavailable) };
            lock (entry)
            {
                (entry.AskedAt, entry.IsConfirmed) = (asked, false);
                if (!isAnswer && entry.Key is { } key && clock.GetElapsedTime(entry.ConfirmedAt) < UnconfirmedFor)
                {
                    LogUnconfirmed(logger, wrapped.Generation, stream, wrapped.MasterKeyId, exception.Message);
                    return key;
                }

                entry.Key = null;
                entry.Fault = exception as BrokerException ?? new BrokerException(
                    BrokerErrorCode.Unavailable, $"The key provider cannot answer for master key {wrapped.MasterKeyId} now.", exception);
                LogRefused(logger, wrapped.Generation, stream, entry.Fault.Message);
                throw new BrokerException(entry.Fault.Code, entry.Fault.Message, exception);
            }
        }
    }

    /// <summary>Drops the keys that were not used for longest, a tenth of them, when there are as many as may be.</summary>
    private void MakeRoom()
    {
        var most = options.Value.MaxCachedDataKeys;
        if (entries.Count < most)
        {
            return;
        }

        foreach (var (name, _) in entries.ToArray().OrderBy(static entry => entry.Value.UsedAt).Take(Math.Max(1, most / 10)))
        {
            entries.TryRemove(name, out _);
        }
    }

    private sealed class Entry
    {
        public DataKey? Key { get; set; }

        public BrokerException? Fault { get; set; }

        public Task<DataKey>? Asking { get; set; }

        public bool IsConfirmed { get; set; }

        public long AskedAt { get; set; }

        public long ConfirmedAt { get; set; }

        public long UsedAt { get; set; }
    }
}
