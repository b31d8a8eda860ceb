using System.Security.Cryptography;
using Broker.Contracts.Errors;
using Broker.Gateway.Encryption;

namespace Broker.Tests.Unit.Gateway;

/// <summary>One master key "master" with the alias "alias/a", which can refuse; a wrapped key is its plaintext under a keyed sum with its context.</summary>
internal sealed class FakeKeyProvider : IKeyProvider
{
    private byte[] secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>What every call throws; null for nothing.</summary>
    public Exception? Fault { get; set; }

    /// <summary>The key that "alias/a" stands for.</summary>
    public string Master { get; set; } = "master";

    public int Unwraps { get; private set; }

    /// <summary>Knows the keys of another from now on.</summary>
    public void Trust(FakeKeyProvider other) => secret = other.secret;

    public ValueTask<string> ResolveAsync(string keyId, CancellationToken cancellation) => Fault is null
        ? ValueTask.FromResult(keyId is "alias/a" or "master" ? Master : throw new BrokerException(BrokerErrorCode.KmsNotFound, $"no {keyId}"))
        : throw Fault;

    public async ValueTask<NewDataKey> GenerateAsync(string keyId, string context, CancellationToken cancellation)
    {
        var master = await ResolveAsync(keyId, cancellation);
        var plain = RandomNumberGenerator.GetBytes(32);
        return new NewDataKey(master, [.. plain, .. Sum(plain, context)]);
    }

    /// <summary>What unwrapping waits for; null for nothing.</summary>
    public TaskCompletionSource? Hold { get; set; }

    /// <summary>Completes when unwrapping was asked for.</summary>
    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask<byte[]> UnwrapAsync(string masterKeyId, ReadOnlyMemory<byte> wrapped, string context, CancellationToken cancellation)
    {
        Unwraps++;
        Asked.TrySetResult();
        if (Hold is { } hold)
        {
            await hold.Task;
        }

        var plain = wrapped[..32].ToArray();
        return Fault is not null ? throw Fault
            : wrapped.Span[32..].SequenceEqual(Sum(plain, context)) ? plain
            : throw new BrokerException(BrokerErrorCode.KmsInvalidState, "another context");
    }

    private byte[] Sum(byte[] plain, string context) => HMACSHA256.HashData(secret, (byte[])[.. plain, .. System.Text.Encoding.UTF8.GetBytes(context)]);
}
