namespace Broker.Gateway.Appending;

/// <summary>Encoded records of one shard that make a block, or a part of one: at most 64 KiB unless a single record is larger.</summary>
/// <param name="Payload">Never changed after construction.</param>
/// <param name="RecordCount">Records in it.</param>
internal readonly record struct PayloadChunk(byte[] Payload, int RecordCount);
