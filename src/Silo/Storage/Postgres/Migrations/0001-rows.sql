-- Small rows with versions (docs/layouts/postgres.md). Keys sort by their UTF-8 bytes, as they do everywhere else.
CREATE TABLE broker_rows (
    partition text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (partition, key));

-- Writes rows in the order given, all or none: one call, one statement. A value that is null deletes; an expected version of 0 is a row
-- that must not exist, null is any. SQLSTATE RW001 with the index of the row, from 1, as its hint: that row is at another version.
CREATE FUNCTION broker_write_rows(partitions text[], keys text[], new_values bytea[], expected bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    p text;
    k text;
    v bytea;
    e bigint;
BEGIN
    FOR i IN 1 .. cardinality(keys) LOOP
        p := partitions[i];
        k := keys[i];
        v := new_values[i];
        e := expected[i];
        IF e = 0 THEN
            -- Where the row is only to be absent it is made and taken back, so that nobody makes it before this commit.
            INSERT INTO broker_rows (partition, key, version, value) VALUES (p, k, 1, coalesce(v, '')) ON CONFLICT DO NOTHING;
            IF FOUND AND v IS NULL THEN
                DELETE FROM broker_rows WHERE partition = p AND key = k;
                CONTINUE;
            END IF;
        ELSIF v IS NULL THEN
            DELETE FROM broker_rows WHERE partition = p AND key = k AND (e IS NULL OR version = e);
            CONTINUE WHEN e IS NULL;
        ELSIF e IS NULL THEN
            INSERT INTO broker_rows AS old (partition, key, version, value) VALUES (p, k, 1, v)
                ON CONFLICT (partition, key) DO UPDATE SET version = old.version + 1, value = excluded.value;
        ELSE
            UPDATE broker_rows SET version = version + 1, value = v WHERE partition = p AND key = k AND version = e;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'row %/% is not at version %', p, k, e USING ERRCODE = 'RW001', HINT = i::text;
        END IF;
    END LOOP;
END;
$$;
