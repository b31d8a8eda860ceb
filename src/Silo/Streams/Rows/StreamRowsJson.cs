using System.Text.Json.Serialization;

namespace Broker.Silo.Streams.Rows;

/// <summary>How the control plane's rows are written. Members are camelCase; null members are left out; enums are their numbers.</summary>
/// <remarks>Members of rows have setters, not init: generated code would overwrite an init member's default where the row lacks it.</remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ShardRow))]
[JsonSerializable(typeof(StreamHeadRow))]
[JsonSerializable(typeof(NameRow))]
[JsonSerializable(typeof(ConsumerRow))]
[JsonSerializable(typeof(AccountSettingsRow))]
[JsonSerializable(typeof(CounterRow))]
[JsonSerializable(typeof(SecretRow))]
[JsonSerializable(typeof(StreamState))]
public sealed partial class StreamRowsJson : JsonSerializerContext;
