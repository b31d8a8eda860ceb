namespace Broker.Agent.Processing;

/// <summary>ADDBRACKETS: the record between braces, its line end included.</summary>
internal sealed class AddBracketsConverter : IRecordConverter
{
    public byte[] Convert(ReadOnlyMemory<byte> record) => [(byte)'{', .. record.Span, (byte)'}'];
}
