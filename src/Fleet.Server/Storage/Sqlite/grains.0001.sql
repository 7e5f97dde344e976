-- Grain state for Microsoft.Orleans.Persistence.AdoNet. Orleans reads its statements from OrleansQuery and fixes the
-- names of their parameters and result columns; the table is our own.
CREATE TABLE OrleansQuery (
    QueryKey  TEXT NOT NULL PRIMARY KEY,
    QueryText TEXT NOT NULL
);

CREATE TABLE grain_state (
    service    TEXT    NOT NULL,
    type_hash  INTEGER NOT NULL,
    id_hash    INTEGER NOT NULL,
    id_n0      INTEGER NOT NULL,
    id_n1      INTEGER NOT NULL,
    type       TEXT    NOT NULL,
    id_text    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    payload    BLOB,
    -- Without this a grain with two activations could insert its first state twice, and could never be read again.
    PRIMARY KEY (id_hash, type_hash, id_n0, id_n1, type, id_text, service)
) WITHOUT ROWID;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT payload AS PayloadBinary, version AS Version
    FROM grain_state
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
      AND type = @GrainTypeString AND id_text = coalesce(@GrainIdExtensionString, '''') AND service = @ServiceId;
'),
-- A first write (no version) inserts; a later one must name the version that it read. Otherwise nothing changes and the
-- caller gets its own version back, by which Orleans knows that another activation has written.
('WriteToStorageKey', '
    INSERT INTO grain_state (service, type_hash, id_hash, id_n0, id_n1, type, id_text, version, payload)
    SELECT @ServiceId, @GrainTypeHash, @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeString,
           coalesce(@GrainIdExtensionString, ''''), 1, @PayloadBinary
    WHERE @GrainStateVersion IS NULL OR EXISTS (
        SELECT 1 FROM grain_state
        WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
          AND type = @GrainTypeString AND id_text = coalesce(@GrainIdExtensionString, '''') AND service = @ServiceId)
    ON CONFLICT (id_hash, type_hash, id_n0, id_n1, type, id_text, service) DO UPDATE
        SET payload = excluded.payload, version = grain_state.version + 1
        WHERE grain_state.version = @GrainStateVersion;
    SELECT CASE WHEN changes() = 1 THEN coalesce(@GrainStateVersion, 0) + 1 ELSE @GrainStateVersion END
        AS NewGrainStateVersion;
'),
('ClearStorageKey', '
    UPDATE grain_state SET payload = NULL, version = version + 1
    WHERE id_hash = @GrainIdHash AND type_hash = @GrainTypeHash AND id_n0 = @GrainIdN0 AND id_n1 = @GrainIdN1
      AND type = @GrainTypeString AND id_text = coalesce(@GrainIdExtensionString, '''') AND service = @ServiceId
      AND version = @GrainStateVersion;
    SELECT CASE WHEN changes() = 1 THEN @GrainStateVersion + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion;
');
