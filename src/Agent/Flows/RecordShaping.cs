using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Broker.Agent.Configuration;

namespace Broker.Agent.Flows;

/// <summary>What a record is sent as: converted, given a partition key, and cut where it is too long.</summary>
internal sealed class RecordShaping(FlowConfiguration flow)
{
    /// <summary>Bytes of a record's data and partition key, in UTF-8, at most: what a stream takes unless it is set otherwise.</summary>
    public const int MaxRecordBytes = 1024 * 1024;

    /// <summary>Converts a record.</summary>
    /// <param name="record">Its bytes.</param>
    /// <param name="data">What it is sent as; itself where it cannot be converted.</param>
    /// <param name="fault">Why it could not be converted; null when it could.</param>
    /// <returns>False when it is not to be sent.</returns>
    public bool TryConvert(ReadOnlyMemory<byte> record, out ReadOnlyMemory<byte> data, out string? fault)
    {
        (data, fault) = (record, null);
        try
        {
            if (flow.Converter is { } converter)
            {
                if (converter.Convert(record) is not { } converted)
                {
                    return false;
                }

                data = converted;
            }
        }
        catch (FormatException e)
        {
            fault = e.Message;
        }

        return true;
    }

    /// <summary>The partition key of a record: chance, or the MD5 of its bytes, hexadecimal.</summary>
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "What AWS's agent makes of a record; nothing is protected by it.")]
    [SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "It spreads records over shards.")]
    public string KeyOf(ReadOnlyMemory<byte> data) => flow.PartitionKey == PartitionKeyOption.Deterministic
        ? Convert.ToHexStringLower(MD5.HashData(data.Span))
        : (Random.Shared.NextDouble() * 1_000_000).ToString(CultureInfo.InvariantCulture);

    /// <summary>Cuts a record that is too long: it ends in the terminator, and no character is torn.</summary>
    /// <returns>Whether it was.</returns>
    public bool TryCut(string partitionKey, ref ReadOnlyMemory<byte> data)
    {
        var most = MaxRecordBytes - Encoding.UTF8.GetByteCount(partitionKey);
        if (data.Length <= most)
        {
            return false;
        }

        var kept = most - flow.Terminator.Length;
        for (var i = 0; i < 3 && kept > 0 && (data.Span[kept] & 0xC0) == 0x80; i++)
        {
            kept--;
        }

        data = (byte[])[.. data.Span[..kept], .. flow.Terminator.Span];
        return true;
    }
}
