using Npgsql;

namespace Fleet.Torture.Processes;

/// <summary>What a node writes into the outbox about one event.</summary>
internal enum Step
{
    /// <summary>That it begins an attempt.</summary>
    Claim,

    /// <summary>How the attempt ended.</summary>
    Settle,
}

/// <summary>
/// Gates inside the database, in front of the rows of the outbox: a statement at a closed one waits there, so that a
/// test can do to it what it likes. Also tells which node an event is reserved for; others do not see that it is due.
/// </summary>
internal sealed class Gates : IAsyncDisposable
{
    /// <summary>
    /// A gate is an advisory lock: this connection holds the closed ones, and rows pass while they share it. A node is
    /// known by the name its connections have.
    /// </summary>
    private const string Build = """
        CREATE TABLE reserved (event_id uuid PRIMARY KEY, node text NOT NULL);
        CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            step text := CASE WHEN NEW.attempts > OLD.attempts THEN 'Claim' ELSE 'Settle' END;
        BEGIN
            IF step = 'Claim' AND EXISTS (SELECT FROM reserved r
                WHERE r.event_id = OLD.event_id AND r.node <> current_setting('application_name')) THEN
                RETURN NULL; -- the row stays as it is, and is not claimed
            END IF;
            PERFORM pg_advisory_xact_lock_shared(hashtextextended(step || OLD.event_id, 0));
            RETURN NEW;
        END $$;
        CREATE TRIGGER pass_gate BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION pass_gate();
        """;

    private const string Waiting = """
        FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND NOT l.granted
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (l.classid::bigint << 32) | l.objid::bigint = hashtextextended($1, 0)
        """;

    private readonly NpgsqlConnection _connection;

    private Gates(NpgsqlConnection connection) => _connection = connection;

    public static async Task<Gates> Built(string postgres)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ToString());
        await connection.OpenAsync();
        var gates = new Gates(connection);
        await gates.Ask(Build);
        return gates;
    }

    /// <summary>From now on only this node sees that the event is due.</summary>
    public Task Reserve(Guid @event, ServerProcess node) =>
        Ask("INSERT INTO reserved (event_id, node) VALUES ($1, $2)", @event, node.Name);

    /// <summary>Whatever is due is due for everybody.</summary>
    public Task ReserveNothing() => Ask("TRUNCATE reserved");

    public Task Close(Step step, Guid @event) =>
        Ask("SELECT pg_advisory_lock(hashtextextended($1, 0))", $"{step}{@event}");

    /// <summary>Lets those who wait go on; what a dead node has sent is carried out all the same.</summary>
    public async Task Open(Step step, Guid @event)
    {
        await Ask("SELECT pg_advisory_unlock(hashtextextended($1, 0))", $"{step}{@event}");
        await Eventually.Equal("", () => WhoWaits(step, @event));
    }

    /// <summary>Takes back what those who wait have sent, as if it had never arrived, and opens the gate.</summary>
    public async Task Revoke(Step step, Guid @event)
    {
        await Ask($"SELECT pg_terminate_backend(pid) {Waiting}", $"{step}{@event}");
        await Eventually.Equal("", () => WhoWaits(step, @event));
        await Open(step, @event);
    }

    /// <summary>The name of the node that waits there; empty for none.</summary>
    public async Task<string> WhoWaits(Step step, Guid @event) =>
        await Ask($"SELECT string_agg(a.application_name, ' ') {Waiting}", $"{step}{@event}") as string ?? "";

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<object?> Ask(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        foreach (var value in values) command.Parameters.AddWithValue(value);
        return await command.ExecuteScalarAsync();
    }
}
