using System.Data.Common;
using Fleet.Core.Retention;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Fleet.Server.Cloud;
using Fleet.Server.Incidents;
using Fleet.Server.Retention;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Fleet.Server.Storage.Postgres;
using Fleet.Server.Storage.Sqlite;
using Fleet.Server.Stores;
using Fleet.Server.Telemetry;
using Fleet.Server.Webhooks;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace Fleet.Server.Hosting;

internal static class StorageSetup
{
    /// <summary>The name Orleans' AdoNet provider has for Microsoft.Data.Sqlite.</summary>
    private const string SqliteInvariant = "System.Data.SQLite";

    /// <summary>The name it has for Npgsql.</summary>
    private const string PostgresInvariant = "Npgsql";

    /// <summary>Registers the ledger, the grain state, and the cluster membership.</summary>
    public static void AddStorage(this WebApplicationBuilder builder, FleetOptions options)
    {
        builder.Services.AddSingleton<StorageDamage>();
        builder.Services.AddSingleton<StorageSilence>();
        builder.Services.AddSingleton<ITransactions, SqlTransactions>();
        builder.Services.AddSingleton<ITotals, SqlTotals>();
        builder.Services.AddSingleton<IApiKeys, SqlApiKeys>();
        builder.Services.AddSingleton<IAudit, SqlAudit>();
        builder.Services.AddSingleton<IConsoleSessions, SqlConsoleSessions>();
        builder.Services.AddSingleton<IMerchants, SqlMerchants>();
        builder.Services.AddSingleton<IExchanges, SqlExchanges>();
        builder.Services.AddSingleton<IIncidents, SqlIncidents>();
        builder.Services.AddSingleton<IBoardSamples, SqlBoardSamples>();
        builder.Services.AddSingleton<IRetentionRuns, SqlRetentionRuns>();
        builder.Services.AddSingleton<IOldRows, SqlOldCheckouts>();
        builder.Services.AddSingleton<IOldRows, SqlOldAudit>();
        builder.AddOldRows(database => SqlOldRows.OfEvents(database, RetentionKind.DeliveredEvents, "delivered"));
        builder.AddOldRows(database => SqlOldRows.OfEvents(database, RetentionKind.DeadEvents, "dead"));
        builder.AddOldRows(SqlOldRows.OfExchanges);
        builder.AddOldRows(SqlOldRows.OfIncidents);
        builder.Services.AddSingleton<SqlKeyRing>();
        builder.Services.AddSingleton<IXmlRepository>(services => services.GetRequiredService<SqlKeyRing>());
        // before Orleans: a node that cannot read the ring or the merchants must not join the cluster
        builder.Services.AddHostedService(services => services.GetRequiredService<SqlKeyRing>());
        builder.Services.AddHostedService<MerchantRefresh>();
        builder.UseOrleans(silo => silo.UseSystemTextJsonGrainStorageSerializer());
        if (options.Storage is StorageKind.Postgres) builder.AddPostgres(options);
        else builder.AddSqlite(options);
    }

    private static void AddOldRows(this WebApplicationBuilder builder, Func<Database, SqlOldRows> create) =>
        builder.Services.AddSingleton<IOldRows>(services => create(services.GetRequiredService<Database>()));

    private static void AddSqlite(this WebApplicationBuilder builder, FleetOptions options)
    {
        var folder = SqliteFolder.OpenFolder(options.Data);
        var (grains, ledger) = (SqliteSource.ForFile(folder.Grains), folder.Ledger);
        // registered by a factory, so that it is disposed when the node stops
        builder.Services.AddSingleton(_ => folder);
        builder.Services.AddSingleton(folder.Schema);
        builder.Services.AddSingleton<ILedger>(services =>
        {
            services.GetRequiredService<SqliteFolder>(); // resolved before the ledger, so that it is disposed after it
            return new SqliteLedger(ledger, options.Node, services.GetRequiredService<FleetMeter>());
        });
        builder.Services.AddSingleton<IOutbox>(_ => new SqliteOutbox(ledger));
        builder.Services.AddSingleton<Database>(_ => new SqliteDatabase(SqliteSource.ForFile(ledger)));
        builder.AddProbe(_ => new SqliteDatabase(SqliteSource.ForFile(ledger)));
        builder.Services.AddSingleton<IDeliveries>(_ => new SqliteDeliveries(ledger));
        builder.UseOrleans(silo => silo
            .UseSingleNode(options)
            .AddGrainState(SqliteInvariant, grains));
    }

    private static void AddPostgres(this WebApplicationBuilder builder, FleetOptions options)
    {
        var settings = options.Postgres ?? "";
        using (var log = builder.CreateStartLog())
        using (var patient = PostgresSource.OpenForStart(settings))
        {
            var wait = new PostgresWait(TimeSpan.FromSeconds(options.PostgresWaitSeconds), TimeProvider.System,
                log.CreateLogger<PostgresWait>());
            builder.Services.AddSingleton(PostgresSchema.ApplyScripts(patient, wait));
        }
        var source = PostgresSource.OpenPool(settings);
        // registered by a factory, so that it is disposed when the node stops
        builder.Services.AddSingleton(_ => source);
        builder.Services.AddSingleton<ILedger>(services =>
            new PostgresLedger(source, options.Node, services.GetRequiredService<FleetMeter>(),
                services.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<ILocalSiloDetails, PostgresSilo>();
        builder.Services.AddSingleton<IOutbox>(_ => new PostgresOutbox(source));
        builder.Services.AddSingleton<Database>(_ => new PostgresDatabase(source));
        builder.Services.AddKeyedSingleton(nameof(StorageProbe), (_, _) => PostgresSource.OpenForProbe(settings));
        builder.AddProbe(services => new PostgresDatabase(
            services.GetRequiredKeyedService<NpgsqlDataSource>(nameof(StorageProbe))));
        builder.Services.AddSingleton<IDeliveries>(_ => new PostgresDeliveries(source));
        builder.UseOrleans(silo => silo
            .UseCluster(options, PostgresInvariant, source)
            .AddGrainState(PostgresInvariant, source));
    }

    private static void AddProbe(this WebApplicationBuilder builder, Func<IServiceProvider, Database> open)
    {
        builder.Services.AddSingleton(
            services => ActivatorUtilities.CreateInstance<StorageProbe>(services, open(services)));
        builder.Services.AddHostedService(services => services.GetRequiredService<StorageProbe>());
    }

    /// <summary>The log of what happens before the node is built, to the console like its own.</summary>
    private static ILoggerFactory CreateStartLog(this WebApplicationBuilder builder) => LoggerFactory.Create(log => log
        .AddConfiguration(builder.Configuration.GetSection("Logging"))
        .AddConsole());

    private static ISiloBuilder AddGrainState(this ISiloBuilder silo, string invariant, DbDataSource source) =>
        silo.AddAdoNetGrainStorageAsDefault(storage => (storage.Invariant, storage.DataSource) = (invariant, source));
}
