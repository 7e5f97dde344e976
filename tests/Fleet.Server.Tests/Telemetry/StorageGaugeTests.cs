using System.Globalization;
using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>What a node says of its database, its disk and its backup.</summary>
public sealed class StorageGaugeTests : IAsyncLifetime
{
    private readonly string _marker = Path.Combine(Path.GetTempPath(), $"fleet-backup-{Guid.NewGuid():N}");

    private FleetApp? _fleet;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not there yet.");

    public async ValueTask InitializeAsync() => _fleet = await FleetApp.Start(null, $"--Fleet:BackupMarker={_marker}");

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        File.Delete(_marker);
    }

    [Fact]
    public async Task A_database_that_answers_is_up_and_says_how_it_is()
    {
        await Eventually.Equal(1d, () => Value("fleet_storage_up"));
        Assert.InRange(await Value("fleet_data_free_ratio") ?? 0, 0.0001, 1);
        if (!Fleet.IsOnPostgres) return;
        await Eventually.Equal(true, async () => await Value("fleet_storage_size_bytes") > 1_000_000);
        Assert.True(await Value("fleet_storage_connections") < await Value("fleet_storage_connections_limit"));
        Assert.Equal(0, await Value("fleet_storage_archive_failing"));
    }

    [Fact]
    public async Task Figures_of_a_database_that_does_not_answer_stay_and_say_how_old_they_are()
    {
        await using var device = await Fleet.PairedDevice();
        var checkout = await Fleet.Till.Charge(device.ReaderId);
        await device.AskStart(checkout);
        await Eventually.Equal(1d, () => Value("fleet_checkout_open"), () => Fleet.Pass(15));
        await Fleet.Sql("ALTER TABLE checkout RENAME TO checkout_away");
        await Fleet.Sql("ALTER TABLE incident RENAME TO incident_away");

        await Eventually.Equal((true, true), async () => (await Age("backlog") >= 60, await Age("incidents") >= 60),
            () => Fleet.Pass(15));
        Assert.Equal(1, await Value("fleet_checkout_open"));
        Assert.True(await Value("fleet_checkout_open_age_seconds") >= 60);
        Assert.Equal(0, await Value("fleet_incidents"));
        Assert.Equal(0, await Value("fleet_ledger_failed_total"));
        await device.Send(new Result(device.Epoch, checkout, Outcomes.Approved, null, 1500));
        await Eventually.Equal(1d, () => Value("fleet_ledger_failed_total"));

        await Fleet.Sql("ALTER TABLE incident_away RENAME TO incident");
        await Fleet.Sql("ALTER TABLE checkout_away RENAME TO checkout");
        await Eventually.Equal((true, true), async () => (await Age("backlog") < 30, await Age("incidents") < 30),
            () => Fleet.Pass(15));
    }

    [Fact]
    public async Task The_time_of_the_last_backup_is_that_of_its_marker()
    {
        Assert.Equal(0, await Value("fleet_backup_timestamp_seconds"));
        await File.WriteAllTextAsync(_marker, "", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(
            _marker, DateTimeOffset.Parse("2026-02-28T23:00:00Z", CultureInfo.InvariantCulture).UtcDateTime);

        Assert.Equal(1772319600, await Value("fleet_backup_timestamp_seconds"));
    }

    private async Task<double?> Value(string name) => (await Metrics.Of(Fleet))[name];

    private async Task<double?> Age(string figures) =>
        (await Metrics.Of(Fleet))["fleet_storage_read_age_seconds", ("figures", figures)];
}
