namespace Broker.Agent.Processing;

/// <summary>Makes another record of a record.</summary>
/// <remarks>Stateless; from any thread.</remarks>
internal interface IRecordConverter
{
    /// <param name="record">Its bytes, line end included.</param>
    /// <returns>What is sent instead; null to send nothing.</returns>
    /// <exception cref="FormatException">It cannot be converted: it is sent as it is.</exception>
    byte[]? Convert(ReadOnlyMemory<byte> record);
}
