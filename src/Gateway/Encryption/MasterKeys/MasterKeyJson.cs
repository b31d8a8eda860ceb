using System.Text.Json;
using System.Text.Json.Serialization;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>How key files are read and written. Members that are not known are refused: a misspelt state must not enable a key.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UseStringEnumConverter = true,
    WriteIndented = true)]
[JsonSerializable(typeof(MasterKeyDocument))]
internal sealed partial class MasterKeyJson : JsonSerializerContext;
