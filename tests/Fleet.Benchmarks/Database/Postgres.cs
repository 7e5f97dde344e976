using Npgsql;

namespace Fleet.Benchmarks.Database;

/// <summary>The PostgreSQL that all sides share, each with a database of its own.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    private static readonly string[] Durability = ["fsync", "full_page_writes", "synchronous_commit"];

    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly LocalPostgres? _ours;
    private readonly List<string> _databases = [];

    private Postgres(string server, LocalPostgres? ours) => (_server, _ours) = (new(server), ours);

    /// <summary>Takes the server that is given, or starts one for the run.</summary>
    public static async Task<Postgres> Open(string? given)
    {
        if (given is not null) return new(given, null);
        var ours = await LocalPostgres.Start();
        return new(ours.ConnectionString, ours);
    }

    /// <summary>Processor time of the server's processes; zero where the server is not one of this run's own.</summary>
    public TimeSpan ProcessorTime => _ours?.ProcessorTime ?? TimeSpan.Zero;

    /// <summary>One line about the server, for the report.</summary>
    /// <exception cref="InvalidOperationException">It is not durable, so nothing here would mean anything.</exception>
    public async Task<string> Describe()
    {
        var settings = new List<string>();
        foreach (var name in Durability)
        {
            var value = await Ask($"SHOW {name}");
            if (value is "off") throw new InvalidOperationException($"PostgreSQL runs with {name} = off.");
            settings.Add($"{name} {value}");
        }
        return $"PostgreSQL {await Ask("SHOW server_version")}: {string.Join(", ", settings)}";
    }

    /// <summary>Makes an empty database, in place of one that an earlier run left.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> Create(string name)
    {
        var database = $"fleet_bench_{name}";
        await Run($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        await Run($"CREATE DATABASE {database}");
        _databases.Add(database);
        return new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Database = database }.ConnectionString;
    }

    /// <summary>Writes back what setting up has left in memory, so that no measured round pays for it.</summary>
    public Task Checkpoint() => Run("CHECKPOINT");

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _databases) await Run($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        NpgsqlConnection.ClearAllPools();
        if (_ours is not null) await _ours.DisposeAsync();
    }

    private async Task Run(string sql) => await Ask(sql);

    private async Task<object?> Ask(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
