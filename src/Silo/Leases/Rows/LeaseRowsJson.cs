using System.Text.Json.Serialization;

namespace Broker.Silo.Leases.Rows;

/// <summary>How the rows of leases are written: as those of the control plane.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LeaseRow))]
[JsonSerializable(typeof(ApplicationRow))]
public sealed partial class LeaseRowsJson : JsonSerializerContext;
