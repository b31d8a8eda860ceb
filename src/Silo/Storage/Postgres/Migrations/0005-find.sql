-- The position of the first record of a shard that arrived at or after a time, in a segment between two ordinals; null where there is none.
-- Stamps never fall along a shard, so the primary key is enough: it is halved, and nothing is scanned but control blocks at the place.
CREATE FUNCTION broker_find(g bigint, s int, first_ordinal bigint, end_ordinal bigint, asked bigint, segment bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    low bigint := first_ordinal;
    high bigint := end_ordinal;
    middle bigint;
    at_ordinal bigint;
    at_arrival bigint;
    found bigint;
BEGIN
    -- All blocks below low arrived before; the one at high or the next after it did not, or there is none.
    WHILE low < high LOOP
        middle := low + (high - low) / 2;
        EXECUTE format(
            'SELECT ordinal, arrival FROM broker_segment_%s WHERE generation = $1 AND shard = $2 AND ordinal >= $3 AND ordinal < $4 ORDER BY ordinal LIMIT 1',
            segment) INTO at_ordinal, at_arrival USING g, s, middle, high;
        IF at_arrival < asked THEN
            low := at_ordinal + 1;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    EXECUTE format(
        'SELECT first_position FROM broker_segment_%s WHERE generation = $1 AND shard = $2 AND ordinal >= $3 AND ordinal < $4 AND records > 0 ORDER BY ordinal LIMIT 1',
        segment) INTO found USING g, s, low, end_ordinal;
    RETURN found;
END;
$$;
