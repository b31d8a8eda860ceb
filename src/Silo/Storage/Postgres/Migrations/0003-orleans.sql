-- What Orleans' AdoNet providers run (docs/layouts/postgres.md). They find their statements by key in OrleansQuery, bind parameters by these
-- names, and read columns by these names; the tables behind them are ours. Every conditional statement answers in one row what it did.
CREATE TABLE OrleansQuery (QueryKey text PRIMARY KEY, QueryText text NOT NULL);

-- The members of a cluster: silos, each under its address and the generation of its process. The version is that of the whole table.
CREATE TABLE broker_membership_versions (cluster_id text PRIMARY KEY, version int NOT NULL DEFAULT 0);
CREATE TABLE broker_members (
    cluster_id text NOT NULL,
    address text NOT NULL,
    port int NOT NULL,
    generation int NOT NULL,
    silo_name text NOT NULL,
    host_name text NOT NULL,
    status int NOT NULL,
    proxy_port int NOT NULL,
    suspect_times text,
    start_time timestamptz NOT NULL,
    alive_time timestamptz NOT NULL,
    PRIMARY KEY (cluster_id, address, port, generation));

INSERT INTO OrleansQuery VALUES
('InsertMembershipVersionKey', '
    WITH made AS (INSERT INTO broker_membership_versions (cluster_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*) FROM made'),
('InsertMembershipKey', '
    WITH moved AS (
        UPDATE broker_membership_versions SET version = version + 1
        WHERE cluster_id = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM broker_members
            WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    made AS (
        INSERT INTO broker_members (cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_time)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM moved
        RETURNING 1)
    SELECT count(*) FROM made'),
('UpdateMembershipKey', '
    WITH moved AS (
        UPDATE broker_membership_versions SET version = version + 1
        WHERE cluster_id = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM broker_members
            WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    changed AS (
        UPDATE broker_members SET status = @Status, suspect_times = @SuspectTimes, alive_time = @IAmAliveTime FROM moved
        WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*) FROM changed'),
('UpdateIAmAlivetimeKey', '
    UPDATE broker_members SET alive_time = @IAmAliveTime
    WHERE cluster_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation'),
('MembershipReadRowKey', '
    SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
        m.alive_time AS IAmAliveTime, v.version AS Version
    FROM broker_membership_versions v
    LEFT JOIN broker_members m ON m.cluster_id = v.cluster_id AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE v.cluster_id = @DeploymentId'),
('MembershipReadAllKey', '
    SELECT m.address AS Address, m.port AS Port, m.generation AS Generation, m.silo_name AS SiloName, m.host_name AS HostName,
        m.status AS Status, m.proxy_port AS ProxyPort, m.suspect_times AS SuspectTimes, m.start_time AS StartTime,
        m.alive_time AS IAmAliveTime, v.version AS Version
    FROM broker_membership_versions v LEFT JOIN broker_members m ON m.cluster_id = v.cluster_id
    WHERE v.cluster_id = @DeploymentId'),
('DeleteMembershipTableEntriesKey', '
    WITH members AS (DELETE FROM broker_members WHERE cluster_id = @DeploymentId)
    DELETE FROM broker_membership_versions WHERE cluster_id = @DeploymentId'),
-- 6 is Dead: a silo that is joining or stopping is none to be cleaned up, however old its row looks.
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM broker_members WHERE cluster_id = @DeploymentId AND alive_time < @IAmAliveTime AND status = 6'),
('GatewaysQueryKey', '
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM broker_members
    WHERE cluster_id = @DeploymentId AND status = @Status AND proxy_port > 0');

-- Grain state. A grain's key is two numbers and a text, of which each kind of key uses its own.
CREATE TABLE broker_grain_states (
    service_id text NOT NULL,
    grain_type text NOT NULL,
    id_high bigint NOT NULL,
    id_low bigint NOT NULL,
    id_text text NOT NULL,
    version int NOT NULL,
    payload bytea,
    PRIMARY KEY (service_id, grain_type, id_high, id_low, id_text));

-- A write or removal that found another version answers with the version that it was given, by which the provider knows the conflict.
INSERT INTO OrleansQuery VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version FROM broker_grain_states
    WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND id_high = @GrainIdN1 AND id_low = @GrainIdN0
        AND id_text = coalesce(@GrainIdExtensionString::text, '''')'),
('WriteToStorageKey', '
    WITH changed AS (
        UPDATE broker_grain_states SET payload = @PayloadBinary, version = version + 1
        WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND id_high = @GrainIdN1 AND id_low = @GrainIdN0
            AND id_text = coalesce(@GrainIdExtensionString::text, '''') AND version = @GrainStateVersion::int
        RETURNING version),
    made AS (
        INSERT INTO broker_grain_states (service_id, grain_type, id_high, id_low, id_text, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN1, @GrainIdN0, coalesce(@GrainIdExtensionString::text, ''''), 1, @PayloadBinary
        WHERE @GrainStateVersion::int IS NULL
        ON CONFLICT DO NOTHING RETURNING version)
    SELECT coalesce((SELECT version FROM changed), (SELECT version FROM made), @GrainStateVersion::int) AS NewGrainStateVersion'),
('ClearStorageKey', '
    WITH changed AS (
        UPDATE broker_grain_states SET payload = NULL, version = version + 1
        WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND id_high = @GrainIdN1 AND id_low = @GrainIdN0
            AND id_text = coalesce(@GrainIdExtensionString::text, '''') AND version = @GrainStateVersion::int
        RETURNING version)
    SELECT coalesce((SELECT version FROM changed), @GrainStateVersion::int) AS NewGrainStateVersion'),
('DeleteStorageKey', '
    WITH removed AS (
        DELETE FROM broker_grain_states
        WHERE service_id = @ServiceId AND grain_type = @GrainTypeString AND id_high = @GrainIdN1 AND id_low = @GrainIdN0
            AND id_text = coalesce(@GrainIdExtensionString::text, '''') AND version = @GrainStateVersion::int
        RETURNING version + 1 AS version)
    SELECT coalesce((SELECT version FROM removed), @GrainStateVersion::int) AS NewGrainStateVersion');

CREATE TABLE broker_reminders (
    service_id text NOT NULL,
    grain_id text NOT NULL,
    reminder_name text NOT NULL,
    start_time timestamptz NOT NULL,
    period bigint NOT NULL,
    grain_hash int NOT NULL,
    version int NOT NULL,
    PRIMARY KEY (service_id, grain_id, reminder_name));
CREATE INDEX broker_reminders_hash ON broker_reminders (service_id, grain_hash);

INSERT INTO OrleansQuery VALUES
('UpsertReminderRowKey', '
    INSERT INTO broker_reminders AS old (service_id, grain_id, reminder_name, start_time, period, grain_hash, version)
    VALUES (@ServiceId, @GrainId, @ReminderName, @StartTime, @Period, @GrainHash, 1)
    ON CONFLICT (service_id, grain_id, reminder_name) DO UPDATE SET
        start_time = excluded.start_time, period = excluded.period, grain_hash = excluded.grain_hash, version = old.version + 1
    RETURNING version AS Version'),
('ReadReminderRowKey', '
    SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM broker_reminders WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName'),
('ReadReminderRowsKey', '
    SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM broker_reminders WHERE service_id = @ServiceId AND grain_id = @GrainId'),
-- A range of the ring of hashes: from above its begin up to its end. Range 2 goes past the ring's top.
('ReadRangeRows1Key', '
    SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM broker_reminders WHERE service_id = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash'),
('ReadRangeRows2Key', '
    SELECT grain_id AS GrainId, reminder_name AS ReminderName, start_time AS StartTime, period AS Period, version AS Version
    FROM broker_reminders WHERE service_id = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)'),
('DeleteReminderRowKey', '
    WITH removed AS (
        DELETE FROM broker_reminders
        WHERE service_id = @ServiceId AND grain_id = @GrainId AND reminder_name = @ReminderName AND version = @Version
        RETURNING 1)
    SELECT count(*) FROM removed'),
('DeleteReminderRowsKey', '
    DELETE FROM broker_reminders WHERE service_id = @ServiceId');

-- Which silo has a grain (the grain directory): one activation a grain, as far as this table agrees. What a shard's store agrees to is
-- its epoch; this only leads there.
CREATE TABLE broker_activations (
    cluster_id text NOT NULL,
    grain_id text NOT NULL,
    activation_id text NOT NULL,
    silo text NOT NULL,
    membership_version bigint NOT NULL,
    PRIMARY KEY (cluster_id, grain_id));
CREATE INDEX broker_activations_silo ON broker_activations (cluster_id, silo);
