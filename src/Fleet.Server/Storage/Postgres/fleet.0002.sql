-- Grain state for Microsoft.Orleans.Persistence.AdoNet, and membership for Microsoft.Orleans.Clustering.AdoNet. Orleans
-- reads its statements from OrleansQuery and fixes the names of their parameters and result columns; the tables are our
-- own.
CREATE TABLE OrleansQuery (
    QueryKey  text NOT NULL PRIMARY KEY,
    QueryText text NOT NULL
);

CREATE TABLE grain_state (
    service   text COLLATE "C" NOT NULL,
    type_hash integer          NOT NULL,
    id_hash   integer          NOT NULL,
    id_n0     bigint           NOT NULL,
    id_n1     bigint           NOT NULL,
    type      text COLLATE "C" NOT NULL,
    id_text   text COLLATE "C" NOT NULL,
    version   integer          NOT NULL,
    payload   bytea,
    -- Without this a grain with two activations could insert its first state twice, and could never be read again.
    PRIMARY KEY (id_hash, type_hash, id_n0, id_n1, type, id_text, service)
);

-- A first write (no version) inserts; a later one must name the version that it read. Otherwise nothing changes and the
-- caller gets its own version back, by which Orleans knows that another activation has written.
CREATE FUNCTION write_grain_state(
    p_id_hash integer, p_id_n0 bigint, p_id_n1 bigint, p_type_hash integer, p_type text, p_id_text text,
    p_service text, p_version integer, p_payload bytea) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    written integer;
BEGIN
    IF p_version IS NULL THEN
        INSERT INTO grain_state (service, type_hash, id_hash, id_n0, id_n1, type, id_text, version, payload)
        VALUES (p_service, p_type_hash, p_id_hash, p_id_n0, p_id_n1, p_type, coalesce(p_id_text, ''), 1, p_payload)
        ON CONFLICT DO NOTHING
        RETURNING version INTO written;
    ELSE
        UPDATE grain_state SET payload = p_payload, version = version + 1
        WHERE id_hash = p_id_hash AND type_hash = p_type_hash AND id_n0 = p_id_n0 AND id_n1 = p_id_n1
          AND type = p_type AND id_text = coalesce(p_id_text, '') AND service = p_service AND version = p_version
        RETURNING version INTO written;
    END IF;
    RETURN coalesce(written, p_version);
END $$;

-- One row per cluster: its table version, which every change of the membership must name.
CREATE TABLE cluster_version (
    deployment text COLLATE "C" NOT NULL PRIMARY KEY,
    version    integer          NOT NULL
);

-- One row per process of a node that ever joined, until it is cleaned up.
CREATE TABLE cluster_member (
    deployment text COLLATE "C" NOT NULL,
    address    text COLLATE "C" NOT NULL,
    port       integer          NOT NULL,
    generation integer          NOT NULL,
    silo_name  text             NOT NULL,
    host_name  text             NOT NULL,
    status     integer          NOT NULL,
    proxy_port integer,
    suspects   text,
    started_at timestamptz      NOT NULL,
    alive_at   timestamptz      NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
);

CREATE FUNCTION raise_cluster_version(p_deployment text, p_version integer) RETURNS boolean LANGUAGE sql AS $$
    WITH raised AS (
        UPDATE cluster_version SET version = version + 1
        WHERE deployment = p_deployment AND version = p_version RETURNING 1)
    SELECT EXISTS (SELECT FROM raised)
$$;

-- A row and the table version change together or not at all.
CREATE FUNCTION insert_cluster_member(
    p_deployment text, p_address text, p_port integer, p_generation integer, p_silo_name text, p_host_name text,
    p_status integer, p_proxy_port integer, p_started_at timestamptz, p_alive_at timestamptz, p_version integer)
    RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT raise_cluster_version(p_deployment, p_version) THEN RETURN false; END IF;
    INSERT INTO cluster_member
        (deployment, address, port, generation, silo_name, host_name, status, proxy_port, started_at, alive_at)
    VALUES (p_deployment, p_address, p_port, p_generation, p_silo_name, p_host_name, p_status, p_proxy_port,
        p_started_at, p_alive_at);
    RETURN true;
EXCEPTION WHEN unique_violation THEN
    RETURN false; -- the block is rolled back, with the raised version
END $$;

CREATE FUNCTION update_cluster_member(
    p_deployment text, p_address text, p_port integer, p_generation integer, p_status integer, p_suspects text,
    p_alive_at timestamptz, p_version integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT raise_cluster_version(p_deployment, p_version) THEN RETURN false; END IF;
    UPDATE cluster_member SET status = p_status, suspects = p_suspects, alive_at = p_alive_at
    WHERE deployment = p_deployment AND address = p_address AND port = p_port AND generation = p_generation;
    IF NOT FOUND THEN RAISE EXCEPTION 'no such member' USING ERRCODE = 'no_data_found'; END IF;
    RETURN true;
EXCEPTION WHEN no_data_found THEN
    RETURN false; -- the block is rolled back, with the raised version
END $$;

CREATE VIEW cluster_view AS
    SELECT v.deployment, v.version AS Version, m.address AS Address, m.port AS Port, m.generation AS Generation,
           m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
           m.suspects AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime
    FROM cluster_version v LEFT JOIN cluster_member m USING (deployment);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version
    FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
      AND type = @GrainTypeString AND id_text = coalesce(@GrainIdExtensionString, '''') AND service = @ServiceId
'),
('WriteToStorageKey', '
    SELECT write_grain_state(@GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString,
        @GrainIdExtensionString, @ServiceId, @GrainStateVersion, @PayloadBinary) AS NewGrainStateVersion
'),
('ClearStorageKey', '
    SELECT write_grain_state(@GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString,
        @GrainIdExtensionString, @ServiceId, @GrainStateVersion, NULL) AS NewGrainStateVersion
'),
('InsertMembershipVersionKey', '
    WITH added AS (
        INSERT INTO cluster_version (deployment, version) VALUES (@DeploymentId, 0) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
'),
('InsertMembershipKey', '
    SELECT insert_cluster_member(@DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status,
        @ProxyPort, @StartTime, @IAmAliveTime, @Version)
'),
('UpdateMembershipKey', '
    SELECT update_cluster_member(@DeploymentId, @Address, @Port, @Generation, @Status, @SuspectTimes,
        @IAmAliveTime, @Version)
'),
('UpdateIAmAlivetimeKey', '
    UPDATE cluster_member SET alive_at = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
'),
('MembershipReadRowKey', '
    SELECT v.version AS Version, m.address AS Address, m.port AS Port, m.generation AS Generation,
           m.silo_name AS SiloName, m.host_name AS HostName, m.status AS Status, m.proxy_port AS ProxyPort,
           m.suspects AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime
    FROM cluster_version v
    LEFT JOIN cluster_member m ON m.deployment = v.deployment
        AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE v.deployment = @DeploymentId
'),
('MembershipReadAllKey', '
    SELECT * FROM cluster_view WHERE deployment = @DeploymentId
'),
('GatewaysQueryKey', '
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM cluster_member WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0
'),
('DeleteMembershipTableEntriesKey', '
    WITH members AS (DELETE FROM cluster_member WHERE deployment = @DeploymentId)
    DELETE FROM cluster_version WHERE deployment = @DeploymentId
'),
-- Status 6 is dead: only rows of processes that ended are deleted.
('CleanupDefunctSiloEntriesKey', '
    DELETE FROM cluster_member
    WHERE deployment = @DeploymentId AND status = 6 AND alive_at < @IAmAliveTime
');
