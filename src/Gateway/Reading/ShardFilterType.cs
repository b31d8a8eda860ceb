namespace Broker.Gateway.Reading;

/// <summary>Which shards are listed (AWS, ShardFilterType). Part of tokens: numbers are never reused.</summary>
internal enum ShardFilterType
{
    AfterShardId = 1,
    AtTrimHorizon = 2,
    FromTrimHorizon = 3,
    AtLatest = 4,
    AtTimestamp = 5,
    FromTimestamp = 6,
}
