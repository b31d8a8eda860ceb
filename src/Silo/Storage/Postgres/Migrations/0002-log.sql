-- The record log (docs/layouts/postgres.md): heads that admit one writer, blocks in segment tables, and the catalogue that leads to them.

-- A shard's end and its owner. The commit id is that of the last group commit that moved it.
CREATE TABLE broker_heads (
    generation bigint NOT NULL,
    shard int NOT NULL,
    epoch bigint NOT NULL,
    next_ordinal bigint NOT NULL DEFAULT 0,
    next_position bigint NOT NULL DEFAULT 0,
    last_arrival bigint NOT NULL DEFAULT 0,
    state_ordinal bigint NOT NULL DEFAULT -1,
    sealed boolean NOT NULL DEFAULT false,
    commit_id uuid,
    segment bigint,
    previous_segment bigint,
    PRIMARY KEY (generation, shard)) WITH (fillfactor = 50);

-- Generations never come again, so neither does what is listed here.
CREATE TABLE broker_deleted_streams (generation bigint PRIMARY KEY);

-- The segment tables: broker_segment_<id>. All arrival stamps in one are below slice_end.
CREATE TABLE broker_segments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    retention_hours int NOT NULL,
    slice_end bigint NOT NULL,
    UNIQUE (retention_hours, slice_end));

-- The blocks of a shard from first_ordinal up to the next extent's are in one segment.
CREATE TABLE broker_extents (
    generation bigint NOT NULL,
    shard int NOT NULL,
    first_ordinal bigint NOT NULL,
    first_position bigint NOT NULL,
    segment bigint NOT NULL,
    PRIMARY KEY (generation, shard, first_ordinal));
CREATE INDEX broker_extents_segment ON broker_extents (segment, generation);

-- A stream's retention as last seen: where its blocks go from then on. Streams that are not listed have the shortest class.
CREATE TABLE broker_retention_classes (generation bigint PRIMARY KEY, retention_hours int NOT NULL);

-- The newest control block of a shard whose segment was dropped: the shard's producers are rebuilt from it.
CREATE TABLE broker_kept_blocks (
    generation bigint NOT NULL,
    shard int NOT NULL,
    ordinal bigint NOT NULL,
    first_position bigint NOT NULL,
    records int NOT NULL,
    arrival bigint NOT NULL,
    bytes int NOT NULL,
    block bytea NOT NULL,
    PRIMARY KEY (generation, shard));
ALTER TABLE broker_kept_blocks ALTER block SET STORAGE EXTERNAL;

-- Finds or makes the segment of a class and slice; many may ask at once.
CREATE FUNCTION broker_ensure_segment(hours int, ends bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    SELECT id INTO found FROM broker_segments WHERE retention_hours = hours AND slice_end = ends;
    IF found IS NULL THEN
        INSERT INTO broker_segments (retention_hours, slice_end) VALUES (hours, ends) ON CONFLICT DO NOTHING RETURNING id INTO found;
        IF found IS NULL THEN
            SELECT id INTO found FROM broker_segments WHERE retention_hours = hours AND slice_end = ends;
        ELSE
            EXECUTE format('CREATE TABLE broker_segment_%s (LIKE broker_kept_blocks INCLUDING STORAGE)', found);
            EXECUTE format('ALTER TABLE broker_segment_%s ADD PRIMARY KEY (generation, shard, ordinal)', found);
            EXECUTE format('CREATE INDEX ON broker_segment_%s (generation, shard, first_position, ordinal)', found);
        END IF;
    END IF;
    RETURN found;
END;
$$;

-- Takes a shard over: makes or raises its head, after every commit that is on its way. No row where the stream was deleted.
CREATE FUNCTION broker_open(g bigint, s int) RETURNS SETOF broker_heads LANGUAGE plpgsql AS $$
BEGIN
    -- Deletion holds this lock alone, so no head is made behind it. (1651665515 is "brlk".)
    PERFORM pg_advisory_xact_lock_shared(1651665515, hashint8(g));
    RETURN QUERY
        INSERT INTO broker_heads AS old (generation, shard, epoch)
            SELECT g, s, 1 WHERE NOT EXISTS (SELECT FROM broker_deleted_streams WHERE generation = g)
            ON CONFLICT (generation, shard) DO UPDATE SET epoch = old.epoch + 1
            RETURNING *;
END;
$$;

CREATE FUNCTION broker_delete_stream(g bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1651665515, hashint8(g));
    INSERT INTO broker_deleted_streams (generation) VALUES (g) ON CONFLICT DO NOTHING;
    PERFORM FROM broker_heads WHERE generation = g ORDER BY shard FOR UPDATE;
    DELETE FROM broker_heads WHERE generation = g;
    DELETE FROM broker_kept_blocks WHERE generation = g;
    DELETE FROM broker_retention_classes WHERE generation = g;
END;
$$;

-- True where every stream in a segment is deleted or has expired it. One that nobody ever used expires with the others of its time.
CREATE FUNCTION broker_is_expired(asked bigint, generations bigint[], horizons bigint[]) RETURNS boolean LANGUAGE sql AS $$
    SELECT (s.slice_end <= (SELECT max(h) FROM unnest(horizons) h) OR EXISTS (SELECT FROM broker_extents e WHERE e.segment = s.id))
        AND NOT EXISTS (
            SELECT FROM (SELECT DISTINCT generation FROM broker_extents WHERE segment = s.id) e
            WHERE NOT EXISTS (SELECT FROM broker_deleted_streams d WHERE d.generation = e.generation)
                AND NOT EXISTS (SELECT FROM unnest(generations, horizons) u (g, h) WHERE u.g = e.generation AND s.slice_end <= u.h))
    FROM broker_segments s WHERE s.id = asked;
$$;

-- Drops a segment that has expired; keeps the newest control blocks. Returns its bytes, null where it lives or is gone already.
CREATE FUNCTION broker_drop_segment(dropped bigint, generations bigint[], horizons bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    freed bigint;
BEGIN
    IF broker_is_expired(dropped, generations, horizons) IS NOT TRUE THEN
        RETURN NULL;
    END IF;

    -- Heads first, in shard order, then the table: as commits do. A commit that moves into the segment meanwhile either shows in the
    -- catalogue when the table is ours, or finds no table and is taken back.
    PERFORM FROM broker_heads WHERE segment = dropped ORDER BY generation, shard FOR UPDATE;
    PERFORM FROM broker_segments WHERE id = dropped FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE broker_segment_%s IN ACCESS EXCLUSIVE MODE', dropped);
    IF broker_is_expired(dropped, generations, horizons) IS NOT TRUE THEN
        RETURN NULL;
    END IF;
    SELECT pg_total_relation_size(format('broker_segment_%s', dropped)::regclass) INTO freed;
    EXECUTE format(
        'INSERT INTO broker_kept_blocks SELECT b.* FROM broker_segment_%s b JOIN broker_heads h USING (generation, shard) WHERE b.ordinal = h.state_ordinal
         ON CONFLICT (generation, shard) DO UPDATE SET ordinal = excluded.ordinal, first_position = excluded.first_position, records = excluded.records,
             arrival = excluded.arrival, bytes = excluded.bytes, block = excluded.block', dropped);
    UPDATE broker_heads SET segment = NULL WHERE segment = dropped;
    DELETE FROM broker_extents WHERE segment = dropped;
    DELETE FROM broker_segments WHERE id = dropped;
    EXECUTE format('DROP TABLE broker_segment_%s', dropped);
    RETURN freed;
END;
$$;
