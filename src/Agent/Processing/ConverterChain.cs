namespace Broker.Agent.Processing;

/// <summary>Converters one after another.</summary>
internal sealed class ConverterChain(IReadOnlyList<IRecordConverter> converters) : IRecordConverter
{
    public byte[]? Convert(ReadOnlyMemory<byte> record)
    {
        byte[]? converted = null;
        foreach (var converter in converters)
        {
            converted = converter.Convert(converted is null ? record : converted);
            if (converted is null)
            {
                return null;
            }
        }

        return converted;
    }
}
