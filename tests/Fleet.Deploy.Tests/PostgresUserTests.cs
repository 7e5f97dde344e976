using Fleet.Torture.Processes;
using Npgsql;

namespace Fleet.Deploy.Tests;

/// <summary>deploy/postgres-user.sh, as docs/deploy.md has it, on a server without the user and the database.</summary>
public sealed class PostgresUserTests
{
    private const string Password = "it's $1 \\ \"quoted\"";

    /// <summary>What the user may do, beside owning its database: nothing.</summary>
    private const string Rights = """
        SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
            (SELECT count(*) FROM pg_auth_members WHERE member = role.oid),
            has_database_privilege('postgres', 'CONNECT'), has_database_privilege('template1', 'CONNECT'))
        FROM pg_roles role WHERE rolname = current_user
        """;

    [Fact]
    public async Task The_user_owns_its_database_and_may_do_nothing_else()
    {
        await using var server = new LocalPostgres(Directory.CreateTempSubdirectory("fleet-user-").FullName);
        var admin = new NpgsqlConnectionStringBuilder(await server.Up())
        {
            Username = "admin", Password = "admin", Database = "postgres",
        };
        await Databases.Execute($"{admin}", "DROP DATABASE fleet");
        await Databases.Execute($"{admin}", "DROP ROLE fleet");

        await Shell.Run("env", $"PGHOST={admin.Host}", $"PGPORT={admin.Port}", "PGUSER=admin", "PGPASSWORD=admin",
            $"FLEET_POSTGRES_PASSWORD={Password}", "deploy/postgres-user.sh");

        var fleet = $"{new NpgsqlConnectionStringBuilder($"{admin}")
        {
            Username = "fleet", Password = Password, Database = "fleet",
        }}";
        Assert.Equal("f f f f f 0 f f", await Databases.Ask(fleet, Rights));
        await Databases.Execute(fleet, "CREATE TABLE ledger (id bigint)");
    }

    [Fact]
    public async Task Without_a_password_it_makes_nothing() =>
        Assert.Contains("FLEET_POSTGRES_PASSWORD", (await Assert.ThrowsAsync<InvalidOperationException>(
            () => Shell.Run("env", "-u", "FLEET_POSTGRES_PASSWORD", "deploy/postgres-user.sh"))).Message,
            StringComparison.Ordinal);
}
