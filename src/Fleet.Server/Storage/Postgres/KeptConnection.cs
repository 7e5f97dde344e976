using System.Data;
using Npgsql;

namespace Fleet.Server.Storage.Postgres;

/// <summary>
/// A connection that a writer keeps between groups: one from the pool could be another one each time, whose server
/// process has no cached plans.
/// </summary>
internal sealed class KeptConnection(NpgsqlDataSource source, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// How long it is believed in after its last use. One that was lost meanwhile would cost a whole group, of which it
    /// would not be known whether it is saved.
    /// </summary>
    public static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);

    private NpgsqlConnection? _connection;
    private long _used;

    /// <summary>The connection; a new one when the one before does not answer any more.</summary>
    public async Task<NpgsqlConnection> Open()
    {
        if (_connection is { State: ConnectionState.Open } open
            && (time.GetElapsedTime(_used) < BelievedFor || await IsAlive(open))) return open;
        await DisposeAsync();
        _connection = await source.OpenConnectionAsync();
        NoteUse();
        return _connection;
    }

    /// <summary>Notes that it has just answered.</summary>
    public void NoteUse() => _used = time.GetTimestamp();

    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? default;

    private async Task<bool> IsAlive(NpgsqlConnection connection)
    {
        try
        {
            await using var question = new NpgsqlCommand("SELECT 1", connection);
            await question.ExecuteNonQueryAsync();
            NoteUse();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
