-- A log may have several databases. Each has a name of its own, that no change of configuration changes.
CREATE TABLE broker_database (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), only_one boolean NOT NULL UNIQUE DEFAULT true CHECK (only_one));
INSERT INTO broker_database DEFAULT VALUES;

-- In the first database: which one has a shard's log, from its first opening for good.
CREATE TABLE broker_pins (
    generation bigint NOT NULL,
    shard int NOT NULL,
    database uuid NOT NULL,
    PRIMARY KEY (generation, shard));

-- Pins those shards that are not pinned yet, each to the database proposed; one whose head is here was opened before there were pins.
-- Returns the pins of all, none for those of deleted streams. In shard order, so that no two wait for each other.
CREATE FUNCTION broker_pin(generations bigint[], shards int[], proposed uuid[]) RETURNS SETOF broker_pins LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    -- Deletion holds these locks alone, so no pin is made behind it. (1651665515 is "brlk".)
    PERFORM pg_advisory_xact_lock_shared(1651665515, hashint8(g)) FROM (SELECT DISTINCT g FROM unnest(generations) g ORDER BY g) asked;
    INSERT INTO broker_pins (generation, shard, database)
        SELECT u.g, u.s, CASE WHEN h.shard IS NULL THEN u.d ELSE (SELECT id FROM broker_database) END
        FROM unnest(generations, shards, proposed) u (g, s, d) LEFT JOIN broker_heads h ON h.generation = u.g AND h.shard = u.s
        WHERE NOT EXISTS (SELECT FROM broker_deleted_streams d WHERE d.generation = u.g)
        ORDER BY u.g, u.s
        ON CONFLICT DO NOTHING;
    RETURN QUERY
        SELECT p.* FROM broker_pins p JOIN unnest(generations, shards) u (g, s) ON p.generation = u.g AND p.shard = u.s;
END;
$$;
