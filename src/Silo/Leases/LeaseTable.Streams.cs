using Broker.Contracts.Leases;
using Broker.Contracts.Shards;
using Broker.Contracts.Streams;
using Broker.Silo.Leases.Rows;

namespace Broker.Silo.Leases;

/// <content>Which leases there are.</content>
internal sealed partial class LeaseTable
{
    /// <summary>Brings the leases of a stream in line with its shards.</summary>
    /// <param name="name">The stream's name.</param>
    /// <param name="map">The stream as it is now; null where it is gone.</param>
    public void Sync(string name, StreamMap? map)
    {
        if (Application is not { } row || Array.FindIndex(row.Streams, stream => stream.Name == name) is var index && index < 0)
        {
            return;
        }

        var stream = row.Streams[index];
        if (map is null || map.Stream.Generation.Value != stream.Generation)
        {
            RemoveLeases(lease => lease.Shard.Stream.Value == stream.Generation);
            if (stream.Generation == 0 && map is null)
            {
                return;
            }

            // A stream that was deleted and made anew is read from its beginning: nothing of it is old.
            stream = stream with
            {
                Generation = map?.Stream.Generation.Value ?? 0,
                HasBegun = false,
                Position = stream.Generation == 0 && !stream.HasBegun ? stream.Position : CheckpointRow.Of(LeaseCheckpoint.TrimHorizon),
            };
            Replace(row, index, stream);
        }

        if (map is null || (!stream.HasBegun && map.Shards.IsEmpty))
        {
            return;
        }

        SyncShards(row, index, stream, map);
    }

    /// <summary>Begins anew at a place; the next sync makes the leases.</summary>
    public void Reset(LeaseCheckpoint position, bool force)
    {
        var row = Known();
        CheckIsFree(force);
        var floor = leases.Values.Select(lease => lease.Row.Counter + 1).Append(row.CounterFloor).Max();
        RemoveLeases(static _ => true);
        Application = row with
        {
            CounterFloor = floor,
            Streams = [.. row.Streams.Select(stream => stream with { HasBegun = false, Generation = 0, Position = CheckpointRow.Of(position) })],
        };
        hasApplicationChanged = true;
    }

    public void Delete(bool force)
    {
        Known();
        CheckIsFree(force);
        RemoveLeases(static _ => true);
        workers.Clear();
        Application = null;
        hasApplicationChanged = true;
    }

    private void CheckIsFree(bool force)
    {
        if (!force && leases.Values.Count(lease => lease.Row.Owner is not null) is var held and > 0)
        {
            throw LeaseErrors.IsHeld(application, held);
        }
    }

    private void SyncShards(ApplicationRow row, int index, ApplicationStreamRow stream, StreamMap map)
    {
        var position = stream.Position.ToCheckpoint();
        var isLatest = !stream.HasBegun && position.Type == CheckpointType.Latest;
        var plan = LeaseSync.Plan(
            map.Shards,
            leases.Values.Where(lease => lease.Shard.Stream.Value == stream.Generation).ToDictionary(lease => lease.Shard.Shard, lease => lease.HasEnded),
            isLatest);

        // Stamps never fall along a lineage, so the time holds for children too. LATEST was for the shards that were open then.
        var start = isLatest || position.Type == CheckpointType.AtTimestamp ? position : LeaseCheckpoint.TrimHorizon;
        foreach (var shard in plan.Created)
        {
            var key = new ShardKey(map.Stream.Generation, shard.Id);
            var first = new LeaseRow
            {
                Counter = row.CounterFloor,
                Checkpoint = CheckpointRow.Of(start),
                Parents = shard.Parents.IsEmpty ? null : [.. shard.Parents.Select(parent => parent.Index)],
            };
            leases.Add(key, new Lease(key, first, removed.Remove(key, out var version) ? version : 0));
            changed.Add(key);
            mustBalance = true;
        }

        RemoveLeases(lease => lease.Shard.Stream.Value == stream.Generation && plan.Removed.Contains(lease.Shard.Shard));
        if (!stream.HasBegun)
        {
            Replace(Application ?? row, index, stream with { HasBegun = true });
        }
    }

    private void Replace(ApplicationRow row, int index, ApplicationStreamRow stream)
    {
        var streams = row.Streams.ToArray();
        streams[index] = stream;
        Application = row with { Streams = streams };
        hasApplicationChanged = true;
    }

    private void RemoveLeases(Func<Lease, bool> isOut)
    {
        foreach (var lease in leases.Values.Where(isOut).ToList())
        {
            Touch(lease.Row.Owner);
            leases.Remove(lease.Shard);
            removed[lease.Shard] = lease.Version;
            changed.Add(lease.Shard);
        }
    }
}
