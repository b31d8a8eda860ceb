using Broker.Contracts.Shards;
using Broker.Silo.Storage.Embedded.Indexes;

namespace Broker.Silo.Storage.Embedded.Journals;

/// <summary>What a scan found in a journal file.</summary>
/// <param name="Index">Every block that can be read.</param>
/// <param name="End">Bytes up to which the file is good: the next frame goes here.</param>
/// <param name="LastOrdinal">The last frame's ordinal; 0 where there is none.</param>
/// <param name="Echoes">Where shards ended, as later frames repeat it, whether or not their own frames can be read.</param>
/// <param name="Damages">Damage to what was durable, in words.</param>
internal sealed record JournalScan(LiveIndex Index, long End, ulong LastOrdinal, IReadOnlyDictionary<ShardKey, ShardEnd> Echoes, IReadOnlyList<string> Damages);
