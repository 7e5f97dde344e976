using Fleet.Torture.Processes;
using Microsoft.Extensions.Configuration;
using Npgsql;

[assembly: AssemblyFixture(typeof(Databases))]

namespace Fleet.Torture.Processes;

/// <summary>
/// The PostgreSQL of this test run: the one FLEET_TEST_POSTGRES names, or one of the run's own, which alone may be
/// harmed. Each test has a database of its own in it.
/// </summary>
public sealed class Databases : IAsyncDisposable
{
    private static readonly IConfiguration Settings =
        new ConfigurationBuilder().AddEnvironmentVariables("FLEET_TEST_").Build();

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly LocalPostgres _own = new(Directory.CreateTempSubdirectory("fleet-postgres-").FullName);
    private readonly string? _given = Settings["POSTGRES"] is { Length: > 0 } given ? given : null;

    /// <summary>Makes an empty database and returns its connection string.</summary>
    public async Task<string> Make() => await Make(_given ?? await Up());

    /// <summary>Makes an empty database in a server that may be killed and misconfigured.</summary>
    public async Task<string> MakeOwn()
    {
        try
        {
            return await Make(await Up()); // starts it also after a test that failed while it was down
        }
        catch (InvalidOperationException e) when (_given is not null)
        {
            Assert.Skip($"The PostgreSQL of FLEET_TEST_POSTGRES must not be harmed, and: {e.Message}");
            throw;
        }
    }

    /// <summary>Ends the server of the run's own as a power cut does.</summary>
    public Task Kill() => _own.Kill();

    /// <summary>Stops the processes of the run's own server, which then answers nothing.</summary>
    public Task Freeze() => _own.Freeze();

    /// <summary>Ends a freeze.</summary>
    public void Thaw() => _own.Thaw();

    /// <summary>
    /// Starts it again, or the first time; it recovers by itself. Returns the connection string of a database.
    /// </summary>
    public async Task<string> Up()
    {
        await _oneAtATime.WaitAsync();
        try
        {
            return await _own.Up();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _oneAtATime.Dispose();
        return _own.DisposeAsync();
    }

    private static async Task<string> Make(string server)
    {
        var name = $"torture_{Guid.NewGuid():N}";
        await Execute(server, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
    }

    /// <summary>Carries out a statement as the user of the connection string.</summary>
    public static Task Execute(string postgres, string sql) => Ask(postgres, sql);

    /// <summary>Carries out a statement that only the superuser of a server of the run's own may.</summary>
    public static Task ExecuteAsAdmin(string postgres, string sql) =>
        Ask(new NpgsqlConnectionStringBuilder(postgres) { Username = "admin", Password = "admin" }.ToString(), sql);

    /// <summary>The first value of the first row, if there is one.</summary>
    public static async Task<object?> Ask(string postgres, string sql)
    {
        // Not from a pool: a pooled connection would be a broken one after the next kill.
        var alone = new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ToString();
        await using var connection = new NpgsqlConnection(alone);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
