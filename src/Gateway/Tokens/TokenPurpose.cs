namespace Broker.Gateway.Tokens;

/// <summary>What a token is for: one of another purpose is refused. Part of every token: numbers are never reused.</summary>
internal enum TokenPurpose : byte
{
    ShardIterator = 1,
    ListStreams = 2,
    ListShards = 3,
    ListStreamConsumers = 4,
}
