-- Takes many shards over at once: a dead silo means thousands of openings. Never waits for a head: one that a commit holds, or whose
-- stream is being deleted, is left out, as are those of deleted streams. Each shard is named once, with how often its epoch is raised.
CREATE FUNCTION broker_open_many(generations bigint[], shards int[], times int[]) RETURNS SETOF broker_heads LANGUAGE plpgsql
SET lock_timeout = '100ms' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    streams bigint[];
    free_generations bigint[];
    free_shards int[];
    free_times int[];
BEGIN
    -- As in broker_open: no head is made behind a deletion.
    SELECT array_agg(g) INTO streams FROM (SELECT DISTINCT g FROM unnest(generations) g) asked
        WHERE pg_try_advisory_xact_lock_shared(1651665515, hashint8(g));

    -- In shard order, and bounded by the lock timeout: another opening may be making the same heads.
    INSERT INTO broker_heads (generation, shard, epoch)
        SELECT u.g, u.s, 0 FROM unnest(generations, shards) u (g, s)
        WHERE u.g = ANY (streams) AND NOT EXISTS (SELECT FROM broker_deleted_streams d WHERE d.generation = u.g)
        ORDER BY u.g, u.s
        ON CONFLICT DO NOTHING;
    SELECT array_agg(generation), array_agg(shard), array_agg(n) INTO free_generations, free_shards, free_times FROM (
        SELECT h.generation, h.shard, u.n FROM broker_heads h JOIN unnest(generations, shards, times) u (g, s, n) ON h.generation = u.g AND h.shard = u.s
        FOR UPDATE OF h SKIP LOCKED) free;
    RETURN QUERY
        UPDATE broker_heads h SET epoch = h.epoch + u.n FROM unnest(free_generations, free_shards, free_times) u (g, s, n)
        WHERE h.generation = u.g AND h.shard = u.s
        RETURNING h.*;
END;
$$;
