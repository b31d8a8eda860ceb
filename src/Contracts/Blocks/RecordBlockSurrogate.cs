namespace Broker.Contracts.Blocks;

/// <summary>A block between two processes: its stored form, which carries its own version.</summary>
[GenerateSerializer, Immutable]
[Alias("broker.RecordBlock")]
public readonly struct RecordBlockSurrogate
{
    [Id(0)]
    public byte[] Encoded { get; init; }
}

/// <summary>Turns blocks into their stored form where a call leaves the process; calls within one pass the block itself.</summary>
[RegisterConverter]
public sealed class RecordBlockConverter : IConverter<RecordBlock, RecordBlockSurrogate>
{
    public RecordBlock ConvertFromSurrogate(in RecordBlockSurrogate surrogate)
    {
        var fault = RecordBlock.TryDecode(surrogate.Encoded, out var block);
        return block ?? throw new InvalidDataException($"A block of {surrogate.Encoded.Length} bytes came in damaged: {fault}.");
    }

    public RecordBlockSurrogate ConvertToSurrogate(in RecordBlock value) => new() { Encoded = value.Encode() };
}
