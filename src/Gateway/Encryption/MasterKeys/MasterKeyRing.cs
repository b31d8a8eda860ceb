using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Broker.Contracts.Errors;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>
/// The master keys of one moment, by id and alias. Immutable. Where two sources have the same alias, or the same id with the same
/// material, the first one's counts; the same id with other material is a fault, since only one of the two could open what they wrapped.
/// </summary>
internal sealed partial class MasterKeyRing
{
    /// <summary>Most bytes of a key file.</summary>
    private const int MaxFileBytes = 1024 * 1024;

    private const int MaterialBytes = 32;

    private readonly Dictionary<string, MasterKey> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MasterKey> aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> places = new(StringComparer.Ordinal);

    /// <summary>A source could not be read to its end, as when it is just being written.</summary>
    public bool IsTorn { get; private set; }

    public MasterKey? FindKey(string id) => keys.GetValueOrDefault(id);

    public MasterKey? FindAlias(string alias) => aliases.GetValueOrDefault(alias);

    /// <summary>Reads all sources. What is wrong with one is noted, and what is right with it is there.</summary>
    /// <param name="options">The sources.</param>
    /// <param name="identity">The account and region in the keys' ARNs.</param>
    /// <param name="faults">What is wrong, naming the setting.</param>
    public static MasterKeyRing Read(EncryptionOptions options, BrokerIdentity identity, List<string> faults)
    {
        var ring = new MasterKeyRing();
        if (options.Keys.Length > 0)
        {
            ring.Add(Encoding.UTF8.GetBytes(options.Keys), $"Broker:Encryption:{nameof(options.Keys)}", Environment.CurrentDirectory, identity, faults);
        }

        ring.AddFile(options.KeyFile, nameof(options.KeyFile), mustExist: true, identity, faults);
        ring.AddFile(options.ServiceKeyFile, nameof(options.ServiceKeyFile), mustExist: false, identity, faults);
        return ring;
    }

    public static IEnumerable<string> Faults(EncryptionOptions options)
    {
        var faults = new List<string>();
        Read(options, new BrokerIdentity(), faults);
        return faults;
    }

    private void AddFile(string path, string setting, bool mustExist, BrokerIdentity identity, List<string> faults)
    {
        if (path.Length == 0)
        {
            return;
        }

        var source = $"Broker:Encryption:{setting} '{path}'";
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxFileBytes)
            {
                faults.Add($"{source} has {file.Length} bytes: it must have at most {MaxFileBytes}.");
                return;
            }

            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            Add(bytes, source, Path.GetDirectoryName(Path.GetFullPath(path))!, identity, faults);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            if (mustExist)
            {
                faults.Add($"{source} is not there: it must be a file of master keys (docs/encryption.md).");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Closed to this process, it is as good as gone; anything else may pass.
            IsTorn |= exception is IOException;
            faults.Add($"{source} cannot be read: {exception.Message}");
        }
    }

    private void Add(ReadOnlySpan<byte> json, string source, string directory, BrokerIdentity identity, List<string> faults)
    {
        MasterKeyDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, MasterKeyJson.Default.MasterKeyDocument);
        }
        catch (JsonException exception)
        {
            IsTorn = true;
            faults.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{source} is not a document of master keys, at line {(exception.LineNumber ?? 0) + 1} ({exception.Path ?? "$"}): docs/encryption.md tells its members."));
            return;
        }

        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, entry) in (document?.Keys ?? []).Index())
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{source}, keys[{index}]");
            if (!KeyIdPattern.IsMatch(entry.KeyId) || !own.Add(entry.KeyId))
            {
                faults.Add($"{place}.keyId is '{entry.KeyId}': it must be 1 to 128 characters of [a-zA-Z0-9-], once in the document.");
                continue;
            }

            var arn = $"arn:aws:kms:{identity.Region}:{identity.AccountId}:key/{entry.KeyId}";
            var material = ReadMaterial(entry, place, directory, arn, faults, out var fault);
            if (material is null && fault is null)
            {
                continue;
            }

            var key = new MasterKey(entry.KeyId, arn, entry.State, material ?? [], fault);
            if (keys.TryAdd(entry.KeyId, key))
            {
                places.Add(entry.KeyId, place);
            }
            else if (keys[entry.KeyId] is var first && first.HasMaterialOf(key))
            {
                // An alias of either source is the key that its id finds.
                key = first;
            }
            else
            {
                faults.Add(
                    $"{place}.keyId is '{entry.KeyId}', which {places[entry.KeyId]} has with other material: a key id stands for one material. Give one of the two another id.");
                continue;
            }

            foreach (var alias in entry.Aliases)
            {
                if (!AliasPattern.IsMatch(alias) || !own.Add(alias))
                {
                    faults.Add($"{place}.aliases has '{alias}': it must be alias/ and 1 to 250 characters of [a-zA-Z0-9/_-], once in the document.");
                    continue;
                }

                aliases.TryAdd(alias, key);
            }
        }
    }

    private static byte[]? ReadMaterial(
        MasterKeyEntry entry, string place, string directory, string arn, List<string> faults, out BrokerException? fault)
    {
        fault = null;
        if (entry.Material is null == entry.MaterialFile is null)
        {
            faults.Add($"{place} ({entry.KeyId}) must have one of material and materialFile.");
            return null;
        }

        if (entry.MaterialFile is null)
        {
            return Decode(entry.Material!, $"{place}.material", faults);
        }

        var path = Path.Combine(directory, entry.MaterialFile);
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length == MaterialBytes ? bytes : Decode(Encoding.Latin1.GetString(bytes).Trim(), $"{place}.materialFile '{path}'", faults);
        }
        catch (UnauthorizedAccessException)
        {
            fault = new BrokerException(BrokerErrorCode.KmsAccessDenied, $"The material of {arn} may not be read.");
        }
        catch (IOException)
        {
            fault = new BrokerException(BrokerErrorCode.KmsNotFound, $"The material of {arn} is not there.");
        }

        faults.Add($"{place}.materialFile '{path}': {fault.Message}");
        return null;
    }

    private static byte[]? Decode(string base64, string place, List<string> faults)
    {
        var bytes = new byte[MaterialBytes + 1];
        if (Convert.TryFromBase64String(base64, bytes, out var length) && length == MaterialBytes)
        {
            return bytes[..MaterialBytes];
        }

        // What it is instead is not told: it may be a secret all the same.
        faults.Add($"{place} is not the base64 of {MaterialBytes} bytes.");
        return null;
    }

    [GeneratedRegex(@"\A[a-zA-Z0-9-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyIdPattern { get; }

    [GeneratedRegex(@"\Aalias/[a-zA-Z0-9/_-]{1,250}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AliasPattern { get; }
}
