using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>Master keys from a file, from the environment, and the one of <c>alias/aws/kinesis</c> that the broker makes itself.</summary>
/// <remarks>
/// The files are read again at most a second after they changed, when somebody asks. A file that cannot be read or parsed is taken to be
/// in the middle of a change: its last good content stays, with a warning. One that is gone takes its keys with it.
/// </remarks>
public sealed partial class FileKeyProvider(
    IOptions<EncryptionOptions> options, BrokerIdentity identity, TimeProvider clock, ILogger<FileKeyProvider> logger) : IKeyProvider
{
    /// <summary>AWS's name for the key that a service keeps for its customers.</summary>
    public const string ServiceAlias = "alias/aws/kinesis";

    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(1);

    private readonly Lock sync = new();
    private MasterKeyRing? ring;
    private long readAt;
    private string lastFaults = "";

    public ValueTask<string> ResolveAsync(string keyId, CancellationToken cancellation) => ValueTask.FromResult(Find(keyId).Usable().Id);

    public ValueTask<NewDataKey> GenerateAsync(string keyId, string context, CancellationToken cancellation) =>
        ValueTask.FromResult(Find(keyId).Usable().Generate(context));

    public ValueTask<byte[]> UnwrapAsync(string masterKeyId, ReadOnlyMemory<byte> wrapped, string context, CancellationToken cancellation)
    {
        var key = Ring().FindKey(masterKeyId) ?? throw NotFound($"Key '{KeyArn(masterKeyId)}' does not exist");
        return ValueTask.FromResult(key.Usable().Unwrap(wrapped.Span, context));
    }

    private MasterKey Find(string keyId)
    {
        var name = keyId;
        if (ArnPattern.Match(keyId) is { Success: true } arn)
        {
            if (arn.Groups["region"].Value != identity.Region || arn.Groups["account"].Value != identity.AccountId)
            {
                throw NotFound($"Key '{keyId}' does not exist: keys here are of account {identity.AccountId} in {identity.Region}.");
            }

            name = arn.Groups["name"].Value;
            if (!name.StartsWith("alias/", StringComparison.Ordinal))
            {
                name = name["key/".Length..];
            }
        }

        if (!name.StartsWith("alias/", StringComparison.Ordinal))
        {
            return Ring().FindKey(name) ?? throw NotFound($"Key '{KeyArn(name)}' does not exist");
        }

        return Ring().FindAlias(name)
            ?? (name == ServiceAlias ? MakeServiceKey() : null)
            ?? throw NotFound($"Alias arn:aws:kms:{identity.Region}:{identity.AccountId}:{name} is not found.");
    }

    private MasterKeyRing Ring()
    {
        lock (sync)
        {
            if (ring is null || clock.GetElapsedTime(readAt) >= ReadEvery)
            {
                Read();
            }

            return ring!;
        }
    }

    private void Read()
    {
        var faults = new List<string>();
        var read = MasterKeyRing.Read(options.Value, identity, faults);
        var told = string.Join('\n', faults);
        if (told != lastFaults && told.Length > 0)
        {
            LogFaults(logger, told);
        }

        lastFaults = told;
        readAt = clock.GetTimestamp();
        if (ring is null || faults.Count == 0 || !read.IsTorn)
        {
            ring = read;
        }
    }

    /// <returns>The key; null where there is no file to keep it in.</returns>
    private MasterKey? MakeServiceKey()
    {
        var path = options.Value.ServiceKeyFile;
        if (path.Length == 0)
        {
            return null;
        }

        lock (sync)
        {
            try
            {
                if (ServiceKeyFile.TryCreate(path, ServiceAlias))
                {
                    LogMade(logger, ServiceAlias, path);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new BrokerException(
                    BrokerErrorCode.KmsInvalidState, $"The key of {ServiceAlias} cannot be made in '{path}' (Broker:Encryption:ServiceKeyFile): {exception.Message}", exception);
            }

            Read();
            return ring!.FindAlias(ServiceAlias);
        }
    }

    private string KeyArn(string id) => $"arn:aws:kms:{identity.Region}:{identity.AccountId}:key/{id}";

    private static BrokerException NotFound(string message) => new(BrokerErrorCode.KmsNotFound, message);

    [GeneratedRegex(@"\Aarn:aws[a-z-]*:kms:(?<region>[^:]*):(?<account>[^:]*):(?<name>(key|alias)/.+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ArnPattern { get; }
}
