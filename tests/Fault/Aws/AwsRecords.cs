using System.Globalization;
using Broker.Tests.Harness.Wire;

namespace Broker.Tests.Fault.Aws;

/// <summary>Records as answers and events carry them.</summary>
public static class AwsRecords
{
    /// <summary>A record of a ledger's; throws where its partition key is not the one that it was put under, or where it is not encrypted and should be.</summary>
    public static ReadRecord Read(object? record, WireProtocol protocol, string shard, bool isEncrypted)
    {
        var members = (IDictionary<string, object?>)record!;
        var data = members["Data"] is string base64 ? Convert.FromBase64String(base64) : (byte[])members["Data"]!;
        var id = Ledger.IdOf(data);
        if (id.Split('|')[1] != (string)members["PartitionKey"]!)
        {
            throw new InvalidDataException($"{id} came back under partition key {members["PartitionKey"]}.");
        }

        if (isEncrypted && (!members.TryGetValue("EncryptionType", out var type) || (string)type! != "KMS"))
        {
            throw new InvalidDataException($"{id} is to be encrypted, and the answer does not say that it is.");
        }

        var stamp = members["ApproximateArrivalTimestamp"]!;
        var arrival = protocol == WireProtocol.Json
            ? (long)Math.Round(Convert.ToDouble(stamp, CultureInfo.InvariantCulture) * 1000)
            : ((DateTimeOffset)stamp).ToUnixTimeMilliseconds();
        return new ReadRecord(id, shard, (string)members["SequenceNumber"]!, arrival);
    }

    /// <summary>The shards that follow a finished one, with all of their parents; empty where it is not finished.</summary>
    public static List<(string Shard, List<string> Parents)> Children(IDictionary<string, object?> page) =>
        page.TryGetValue("ChildShards", out var children)
            ? [.. ((List<object?>)children!).Select(child => (IDictionary<string, object?>)child!).Select(child =>
                ((string)child["ShardId"]!, ((List<object?>)child["ParentShards"]!).ConvertAll(parent => (string)parent!)))]
            : [];
}
