-- Losses (docs/operations.md): a database that was restored, or failed over to a standby that lagged, ends before what was acknowledged.

-- The position up to which records were acknowledged that are not there; null where none are known to be missing.
ALTER TABLE broker_heads ADD COLUMN lost_end bigint;

-- What was noted, for people.
CREATE TABLE broker_losses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    generation bigint NOT NULL,
    shard int NOT NULL,
    found_position bigint NOT NULL,
    known_position bigint NOT NULL,
    found_epoch bigint NOT NULL,
    known_epoch bigint NOT NULL,
    witness text NOT NULL,
    silo text NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    accepted_at timestamptz);

-- Notes a loss. False where the epoch is no longer the shard's newest, or its stream was deleted.
CREATE FUNCTION broker_note_loss(g bigint, s int, e bigint, found_at bigint, known bigint, known_e bigint, who text, at_silo text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    head broker_heads;
BEGIN
    SELECT * INTO head FROM broker_heads WHERE generation = g AND shard = s FOR UPDATE;
    IF NOT FOUND OR head.epoch <> e THEN
        RETURN false;
    END IF;
    IF head.lost_end IS NULL OR head.lost_end < known THEN
        INSERT INTO broker_losses (generation, shard, found_position, known_position, found_epoch, known_epoch, witness, silo)
            VALUES (g, s, found_at, known, e, known_e, who, at_silo);
        UPDATE broker_heads SET lost_end = greatest(known, head.next_position, head.lost_end) WHERE generation = g AND shard = s;
    END IF;
    RETURN true;
END;
$$;

-- Goes on without what is lost: moves shards past every position and epoch that was ever told, of one stream or of all. Nobody knows
-- which shards lost what, so all are moved, by 2^40 positions (a million records a second for 12 days) and 2^32 epochs; positions have
-- room for 2^23 such moves. Stream generations that were given and lost are passed over too, by 2^20.
-- Without force nothing is done where no loss is noted, so that it can be repeated. Returns how many shards were moved.
CREATE FUNCTION broker_accept_losses(g bigint, force boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    moved bigint;
BEGIN
    -- In shard order, as all do.
    PERFORM FROM broker_heads WHERE g IS NULL OR generation = g ORDER BY generation, shard FOR UPDATE;
    IF NOT force AND NOT EXISTS (SELECT FROM broker_heads WHERE (g IS NULL OR generation = g) AND lost_end IS NOT NULL) THEN
        RETURN 0;
    END IF;
    UPDATE broker_heads h SET
        epoch = greatest(h.epoch, (SELECT max(l.known_epoch) FROM broker_losses l WHERE l.generation = h.generation AND l.shard = h.shard)) + (1::bigint << 32),
        next_position = greatest(h.next_position, h.lost_end) + (1::bigint << 40),
        lost_end = NULL
        WHERE g IS NULL OR h.generation = g;
    GET DIAGNOSTICS moved = ROW_COUNT;
    UPDATE broker_losses SET accepted_at = clock_timestamp() WHERE accepted_at IS NULL AND (g IS NULL OR generation = g);
    IF g IS NULL THEN
        UPDATE broker_rows SET version = version + 1, value = '\x01' || convert_to(jsonb_build_object(
                'value', (convert_from(substring(value FROM 2), 'UTF8')::jsonb ->> 'value')::bigint + (1 << 20))::text, 'UTF8')
            WHERE partition = 'counters' AND key = 'generation' AND get_byte(value, 0) = 1;
    END IF;
    RETURN moved;
END;
$$;
