using System.Text.Json;

namespace Broker.Gateway.Auth.Keys;

/// <summary>The keys file as it is written (docs/security.md): its JSON, before it is judged.</summary>
internal sealed class KeysFileContent
{
    public List<Key>? Keys { get; set; }

    public List<Certificate>? Certificates { get; set; }

    /// <summary>What keys and certificates have in common: whose they are and how long they are good.</summary>
    internal abstract class Entry
    {
        /// <summary>A user's name in the server's account; takes the place of <see cref="PrincipalArn"/>.</summary>
        public string? User { get; set; }

        public string? PrincipalArn { get; set; }

        public bool Enabled { get; set; } = true;

        public DateTimeOffset? Expires { get; set; }

        public List<JsonElement>? Policies { get; set; }

        public List<string>? PolicyFiles { get; set; }
    }

    internal sealed class Key : Entry
    {
        public string? AccessKeyId { get; set; }

        public string? SecretAccessKey { get; set; }

        public string? SecretAccessKeyFile { get; set; }

        public string? SecretAccessKeyVariable { get; set; }

        public string? SessionToken { get; set; }
    }

    internal sealed class Certificate : Entry
    {
        public string? Sha256 { get; set; }
    }
}
