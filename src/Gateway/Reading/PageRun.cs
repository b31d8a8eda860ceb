using Broker.Contracts.Blocks;

namespace Broker.Gateway.Reading;

/// <summary>Neighbouring records of one block.</summary>
/// <param name="Block">The block; opened where it is not plain. Its head's EncryptionType tells how the records are stored.</param>
/// <param name="First">Index in the block of the first one.</param>
/// <param name="Count">How many.</param>
public readonly record struct PageRun(RecordBlock Block, int First, int Count);
