using System.Text.Json;
using System.Text.RegularExpressions;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth.Policies;

namespace Broker.Gateway.Auth.Keys;

/// <summary>Reads keys from the settings and from the keys file, and tells all that is wrong with them at once.</summary>
/// <remarks>Paths in the keys file are relative to it. No message holds a secret.</remarks>
internal sealed partial class KeysFile(AuthOptions options, BrokerIdentity identity)
{
    /// <summary>No keys file of sane size comes near it.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private readonly List<string> faults = [];
    private readonly List<AccessKey> keys = [];
    private readonly List<ClientCertificate> certificates = [];

    /// <summary>Reads all keys.</summary>
    /// <param name="options">Where they are.</param>
    /// <param name="identity">The account of principals that are named by a user's name.</param>
    /// <param name="faults">What is wrong; then the ring is not to be used.</param>
    public static KeyRing Read(AuthOptions options, BrokerIdentity identity, out IReadOnlyList<string> faults)
    {
        var reader = new KeysFile(options, identity);
        try
        {
            reader.AddFromSettings();
            if (options.KeysFile.Length > 0)
            {
                reader.AddFromFile();
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            reader.faults.Add($"Broker:Auth: {exception.Message}");
        }

        faults = reader.faults;
        return reader.faults.Count > 0 ? KeyRing.Empty : new KeyRing(reader.keys, reader.certificates);
    }

    private void AddFromSettings()
    {
        if (options.AccessKeyId.Length == 0)
        {
            return;
        }

        var secret = options.SecretAccessKeyFile.Length > 0 ? ReadSecret(options.SecretAccessKeyFile) : options.SecretAccessKey;
        var root = new Principal(identity.AccountId, $"arn:aws:iam::{identity.AccountId}:root", [PolicyDocument.AllowAll]);
        Add(new AccessKey(options.AccessKeyId, secret, null, root), "Broker:Auth:AccessKeyId", secret);
    }

    private void AddFromFile()
    {
        KeysFileContent? content;
        try
        {
            content = JsonSerializer.Deserialize<KeysFileContent>(ReadText(options.KeysFile), Json);
        }
        catch (JsonException exception)
        {
            faults.Add($"{options.KeysFile} is no keys file: {Where(exception)}");
            return;
        }

        var entries = content?.Keys ?? [];
        for (var i = 0; i < entries.Count; i++)
        {
            AddKey(entries[i], $"{options.KeysFile}: keys[{i}]");
        }

        var certified = content?.Certificates ?? [];
        for (var i = 0; i < certified.Count; i++)
        {
            AddCertificate(certified[i], $"{options.KeysFile}: certificates[{i}]");
        }
    }

    private void AddKey(KeysFileContent.Key entry, string place)
    {
        string?[] ways = [entry.SecretAccessKey, entry.SecretAccessKeyFile, entry.SecretAccessKeyVariable];
        if (ways.Count(static way => !string.IsNullOrEmpty(way)) != 1)
        {
            faults.Add($"{place} must have exactly one of secretAccessKey, secretAccessKeyFile and secretAccessKeyVariable.");
            return;
        }

        var secret = entry.SecretAccessKey
            ?? (entry.SecretAccessKeyFile is { } file ? ReadSecret(Path(file)) : Environment.GetEnvironmentVariable(entry.SecretAccessKeyVariable!) ?? "");
        if (PrincipalOf(entry, place) is { } principal)
        {
            var key = new AccessKey(entry.AccessKeyId ?? "", secret, entry.SessionToken, principal) { IsEnabled = entry.Enabled, Expires = entry.Expires };
            Add(key, place, secret);
        }
    }

    private void AddCertificate(KeysFileContent.Certificate entry, string place)
    {
        var fingerprint = (entry.Sha256 ?? "").Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        if (!FingerprintPattern.IsMatch(fingerprint))
        {
            faults.Add($"{place}.sha256 is '{entry.Sha256}': it must be the certificate's SHA-256 fingerprint, 64 hexadecimal digits.");
        }
        else if (certificates.Exists(other => other.Fingerprint == fingerprint))
        {
            faults.Add($"{place}.sha256 is '{entry.Sha256}', which another entry has.");
        }
        else if (PrincipalOf(entry, place) is { } principal)
        {
            certificates.Add(new ClientCertificate(fingerprint, principal, entry.Enabled, entry.Expires));
        }
    }

    private void Add(AccessKey key, string place, string secret)
    {
        if (!KeyIdPattern.IsMatch(key.Id))
        {
            faults.Add($"{place} has the access key id '{key.Id}': it must be 1 to 128 characters of [a-zA-Z0-9_-].");
        }
        else if (secret.Length == 0)
        {
            faults.Add($"{place} has no secret: what should hold it is empty or not there.");
        }
        else if (keys.Exists(other => other.Id == key.Id))
        {
            faults.Add($"{place} has the access key id '{key.Id}', which another key has.");
        }
        else
        {
            keys.Add(key);
        }
    }

    private Principal? PrincipalOf(KeysFileContent.Entry entry, string place)
    {
        var arn = entry.PrincipalArn ?? $"arn:aws:iam::{identity.AccountId}:user/{entry.User}";
        var match = PrincipalPattern.Match(arn);
        if ((entry.PrincipalArn is null) == (entry.User is null) || !match.Success)
        {
            faults.Add($"{place} must have either user, a name of [a-zA-Z0-9_+=,.@-], or principalArn, such as arn:aws:iam::{identity.AccountId}:user/NAME.");
            return null;
        }

        var policies = new List<PolicyDocument>();
        foreach (var (text, name) in (entry.Policies ?? []).Select((policy, i) => (policy.GetRawText(), $"policies[{i}]"))
            .Concat((entry.PolicyFiles ?? []).Select(file => (ReadText(Path(file)), file))))
        {
            if (PolicyDocument.TryParse(text, PolicyKind.Identity, out var policy, out var fault))
            {
                policies.Add(policy);
            }
            else
            {
                faults.Add($"{place}: {name}: {fault}");
            }
        }

        return new Principal(match.Groups[1].Value, arn, policies);
    }

    private string Path(string file) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(options.KeysFile))!, file);

    private static string ReadSecret(string file) => ReadText(file).Trim();

    private static string ReadText(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > MaxBytes)
        {
            throw new IOException($"{file} has {stream.Length} bytes: it must have at most {MaxBytes}.");
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The parser's own message may repeat what it read.</summary>
    private static string Where(JsonException exception) =>
        $"the JSON is malformed or has a member that is not known, at {exception.Path ?? "$"}, line {exception.LineNumber + 1}.";

    [GeneratedRegex(@"\A[a-zA-Z0-9_-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex KeyIdPattern { get; }

    [GeneratedRegex(@"\A[0-9A-F]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FingerprintPattern { get; }

    [GeneratedRegex(@"\Aarn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(?:root|(?:user|role|assumed-role)/[\w+=,.@/-]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex PrincipalPattern { get; }
}
