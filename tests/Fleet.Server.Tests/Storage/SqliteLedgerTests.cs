using Fleet.Server.Checkouts;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Sqlite;
using Fleet.Server.Webhooks;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Tests;

[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class SqliteLedgerTests : LedgerTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-ledger-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_file_of_a_newer_program_is_refused_with_a_sentence()
    {
        var newer = new SqliteConnectionStringBuilder { DataSource = Path.Combine(_folder, "newer.db") }.ToString();
        using (var connection = new SqliteConnection(newer))
        {
            connection.Open();
            using var command = new SqliteCommand("PRAGMA user_version = 99", connection);
            command.ExecuteNonQuery();
        }

        var refusal = Assert.Throws<InvalidOperationException>(() => SqliteSchema.ApplyScripts(newer, "ledger"));
        Assert.Contains("has schema 99", refusal.Message, StringComparison.Ordinal);
    }

    private protected override IOutbox Outbox => new SqliteOutbox(Path.Combine(_folder, "ledger.db"));

    private protected override IDeliveries Deliveries => new SqliteDeliveries(Path.Combine(_folder, "ledger.db"));

    private protected override Task<ILedger> OpenOlder(string rows)
    {
        const int Before = 7;
        var path = Path.Combine(_folder, "older.db");
        using (var connection =
            SqliteSchema.OpenConnection(new SqliteConnectionStringBuilder { DataSource = path }.ToString()))
        {
            foreach (var script in SchemaScripts.ListScripts("ledger").Take(Before)
                .Append($"PRAGMA user_version = {Before}")
                .Append(rows.Replace("@time", "0", StringComparison.Ordinal)))
            {
                using var command = connection.CreateCommand();
                command.CommandText = script;
                command.ExecuteNonQuery();
            }
        }
        SqliteSchema.ApplyScripts(new SqliteConnectionStringBuilder { DataSource = path }.ToString(), "ledger");
        return Task.FromResult<ILedger>(new SqliteLedger(path, "node-1"));
    }

    private protected override Task<ILedger> Open(string node) =>
        Task.FromResult<ILedger>(new SqliteLedger(Path.Combine(_folder, "ledger.db"), node));
}
