namespace Broker.Cli.Verify;

/// <summary>
/// What all shards hold when they are read once more from their beginnings, after everything: the log itself, against what was acknowledged
/// and against what readers saw live.
/// </summary>
/// <remarks>Not synchronized; <see cref="VerifyLedger"/> is.</remarks>
internal sealed class RereadLedger
{
    private readonly Dictionary<string, PlaceDigest> places = new(StringComparer.Ordinal);

    /// <summary>What each reader had read when this began: all of it must be there.</summary>
    private readonly List<(ReaderLedger Live, List<((int Producer, int Key) Key, RecordSet Read)> Before)> live;

    public RereadLedger(IEnumerable<ReaderLedger> readers) =>
        live = [.. readers.Select(reader => (reader, reader.Keys.Select(pair => (pair.Key, pair.Read.Copy())).ToList()))];

    public ReaderLedger Reader { get; } = new("again");

    /// <summary>Takes a record; those without acknowledgement have no place to compare.</summary>
    public VerifyFault? Take(VerifyRecord record, string shardId, string sequenceNumber, long now, bool isAcknowledged)
    {
        var fault = Reader.Take(record, shardId, sequenceNumber, now);
        if (isAcknowledged && fault?.Kind != FaultKind.Doubled)
        {
            if (!places.TryGetValue(shardId, out var digest))
            {
                places[shardId] = digest = new PlaceDigest();
            }

            digest.Add(record, sequenceNumber);
        }

        return fault;
    }

    /// <summary>Acknowledged records that are not there.</summary>
    public IEnumerable<VerifyFault> Lost(IEnumerable<KeyValuePair<(int Producer, int Key), RecordSet>> acknowledged) =>
        acknowledged.SelectMany(pair => pair.Value.Except(Reader.ReadOf(pair.Key)).Select(number => VerifyFault.OfRecord(
            FaultKind.Lost, Reader.Name, new VerifyRecord(pair.Key.Producer, pair.Key.Key, number), "acknowledged and not in the log")));

    /// <summary>What readers saw and is not there.</summary>
    public IEnumerable<VerifyFault> Vanished() => live.SelectMany(reader => reader.Before.SelectMany(before =>
        before.Read.Except(Reader.ReadOf(before.Key)).Select(number => VerifyFault.OfRecord(
            FaultKind.Vanished, reader.Live.Name, new VerifyRecord(before.Key.Producer, before.Key.Key, number), "read, and not in the log"))));

    /// <summary>What is there and a reader has not read.</summary>
    public IEnumerable<(int Reader, VerifyRecord Record)> Skipped() => live.SelectMany((reader, index) => Reader.Keys.SelectMany(pair =>
        pair.Read.Except(reader.Live.ReadOf(pair.Key)).Select(number => (index, new VerifyRecord(pair.Key.Producer, pair.Key.Key, number)))));

    /// <summary>Shards that hold acknowledged records elsewhere than the acknowledgements say.</summary>
    public IEnumerable<VerifyFault> Misplaced(IReadOnlyDictionary<string, PlaceDigest> acknowledged) => acknowledged.Keys.Union(places.Keys)
        .Where(shardId => !(acknowledged.GetValueOrDefault(shardId) ?? new PlaceDigest()).Matches(places.GetValueOrDefault(shardId)))
        .Select(shardId => VerifyFault.OfShard(
            FaultKind.Misplaced, Reader.Name, shardId, "",
            $"{acknowledged.GetValueOrDefault(shardId)?.Count ?? 0} records were acknowledged there, {places.GetValueOrDefault(shardId)?.Count ?? 0} of those acknowledged are, and not all where they should be"));
}
