using System.Buffers.Binary;
using System.Security.Cryptography;
using Broker.Contracts.Blocks;
using Broker.Contracts.Streams;

namespace Broker.Gateway.Appending;

/// <summary>Where the records of one put go that no key places: those of a stream with AUTO distribution, and those without a partition key.</summary>
/// <remarks>
/// Hash keys step through the whole space by irrational parts of it, so that few records are as even as many, within a put and from one to
/// the next. A repeat must go where the first went (a shard knows it by its identity), so the identity alone says where the steps
/// begin: neither the map, which may have changed, nor chance. Puts without an identity are numbered by the gateway and never encoded twice.
/// The constants are part of what a repeat at another gateway relies on: never changed.
/// </remarks>
public readonly struct RecordSpread
{
    /// <summary>2^128 / φ, odd: from record to record.</summary>
    private static readonly UInt128 RecordStep = new(0x9E37_79B9_7F4A_7C15, 0xF39C_C060_5CED_C835);

    /// <summary>2^128 / ρ, ρ the plastic ratio, odd: from batch to batch.</summary>
    private static readonly UInt128 BatchStep = new(0xC13F_A9A9_02A6_328F, 0x434F_F71B_2D97_724B);

    private static readonly UInt128 ProcessStart = BinaryPrimitives.ReadUInt128LittleEndian(RandomNumberGenerator.GetBytes(16));
    private static ulong lastPut;

    private readonly UInt128 start;

    private RecordSpread(UInt128 origin, ulong number) => start = origin + (number * BatchStep);

    /// <summary>For a put that no other attempt of the client's is the same as.</summary>
    public static RecordSpread Next() => new(ProcessStart, Interlocked.Increment(ref lastPut));

    /// <summary>For a batch that may come again.</summary>
    public static RecordSpread Of(BatchIdentity identity)
    {
        Span<byte> producer = stackalloc byte[16];
        identity.Producer.TryWriteBytes(producer, bigEndian: true, out _);
        return new RecordSpread(BinaryPrimitives.ReadUInt128BigEndian(producer) + (identity.ProducerEpoch * RecordStep), identity.BatchNumber);
    }

    /// <param name="index">The record's index in the put.</param>
    public HashKey KeyOf(int index) => new(start + ((uint)index * RecordStep));
}
