using System.Text.Json;
using Broker.Load.Results;

namespace Broker.Load.Systems;

/// <summary>What a load generator answers: that of <c>broker bench … -o json</c>, which the peers' answer alike.</summary>
/// <param name="Records">Records put or read; 0 where a generator does not tell.</param>
/// <param name="Bytes">Their data.</param>
/// <param name="Seconds">How long that took.</param>
/// <param name="RecordsPerSecond">Records by seconds.</param>
/// <param name="LatencyMillis">Percentiles.</param>
internal sealed record LoadFigures(long Records, long Bytes, double Seconds, double RecordsPerSecond, LatencyFigures LatencyMillis)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public double MegabytesPerSecond => Bytes / Math.Max(Seconds, 0.001) / 1e6;

    /// <exception cref="LoadException">It is no such answer.</exception>
    public static LoadFigures Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<LoadFigures>(json, Json) is { LatencyMillis: not null } figures
                ? figures
                : throw new LoadException($"A load generator answered without latencies: {json}");
        }
        catch (JsonException e)
        {
            throw new LoadException($"A load generator answered what is no JSON ({e.Message}): {json}");
        }
    }

    /// <summary>Records a second as the value; the batches they are (where they are any) and latencies as details.</summary>
    public Turn ToTurn(int batch)
    {
        var details = new Dictionary<string, double>();
        if (batch > 1)
        {
            details["batches/s"] = RecordsPerSecond / batch;
        }

        details["p50 ms"] = LatencyMillis.P50;
        details["p99 ms"] = LatencyMillis.P99;
        return new Turn(RecordsPerSecond, details);
    }
}
