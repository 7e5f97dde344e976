using Fleet.Server.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Fleet.Server.Storage;

internal static class StorageSetup
{
    /// <summary>The name Orleans' AdoNet provider has for Microsoft.Data.Sqlite.</summary>
    private const string SqliteInvariant = "System.Data.SQLite";

    /// <summary>The ledger, the grain state and the sweeper, on SQLite files in the data folder.</summary>
    public static void AddStorage(this WebApplicationBuilder builder, FleetOptions options)
    {
        var data = options.Data;
        Directory.CreateDirectory(data);
        var grains = new SqliteConnectionStringBuilder { DataSource = Path.Combine(data, "grains.db") }.ToString();
        SqliteSchema.Apply(grains, "grains");

        builder.Services.AddSingleton<ILedger>(_ =>
            new SqliteLedger(Path.Combine(data, "ledger.db"), Environment.MachineName));
        builder.Services.AddHostedService<Sweeper>();
        builder.UseOrleans(silo => silo
            .AddAdoNetGrainStorageAsDefault(storage =>
            {
                storage.Invariant = SqliteInvariant;
                storage.DataSource = new SqliteSource(grains);
            })
            .UseSystemTextJsonGrainStorageSerializer());
    }
}
