using System.Diagnostics.Metrics;
using Fleet.Server.Incidents;
using Fleet.Server.Settings;
using Fleet.Server.Storage;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// Gauges of what a node stands on: its database, its disk, its certificates and the last backup. They are computed
/// when the metrics are read.
/// </summary>
internal sealed class OperatorGauges(
    IMeterFactory meters, StorageProbe storage, Backlog backlog, IncidentTeller incidents,
    NodeCertificates certificates, IOptions<FleetOptions> options, TimeProvider time,
    ILogger<OperatorGauges> log) : IHostedService
{
    /// <summary>How long before its end an expiring certificate is logged when the node starts.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(FleetMeter.Name);
        AddStorage(meter);
        meter.CreateObservableGauge("fleet.data.free.ratio", MeasureDisk, null,
            "The share of the disk of the node's data folder that is free.");
        meter.CreateObservableGauge("fleet.certificate.expiry.timestamp",
            () => certificates.Expiries.Select(one => Of(ToUnix(one.NotAfter), "use", one.Use)), "s",
            "When the certificate that the node shows, or an authority that it trusts, expires.");
        if (options.Value.BackupMarker is { } marker)
        {
            meter.CreateObservableGauge("fleet.backup.timestamp",
                () => ToUnix(File.Exists(marker) ? File.GetLastWriteTimeUtc(marker) : null), "s",
                "When the last backup was completed; 0 when there is none.");
        }
        foreach (var (use, end) in certificates.Expiries)
            if (end < time.GetUtcNow() + Soon) log.Expiring(use, end);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void AddStorage(Meter meter)
    {
        meter.CreateObservableGauge("fleet.storage.up", () => storage.IsUp ? 1 : 0, null,
            "1 when the database answered this node last time, 0 when it did not.");
        meter.CreateObservableGauge("fleet.storage.read.age", () => new[]
        {
            Of(storage.Age.TotalSeconds, "figures", "storage"), Of(backlog.Age.TotalSeconds, "figures", "backlog"),
            Of(incidents.Age.TotalSeconds, "figures", "incidents"),
        }, "s", "How old the figures are that this node has read from the database.");
        meter.CreateObservableGauge("fleet.storage.size", () => Tell(seen => seen.Bytes), "By",
            "Size of Fleet's database.");
        meter.CreateObservableGauge("fleet.storage.connections", () => Tell(seen => seen.Connections), "{connection}",
            "Connections of all programs to the database server.");
        meter.CreateObservableGauge("fleet.storage.connections.limit", () => Tell(seen => seen.MaxConnections),
            "{connection}", "How many there may be, without those reserved for administrators.");
        meter.CreateObservableGauge("fleet.storage.archive.failing", () => Tell(seen => seen.ArchiveFails ? 1 : 0),
            null, "1 when the last attempt to archive a file of the database's log failed.");
    }

    private IEnumerable<Measurement<long>> Tell(Func<StorageFigures, long> read) =>
        storage.Figures is { } seen ? [new(read(seen))] : [];

    private IEnumerable<Measurement<double>> MeasureDisk()
    {
        try
        {
            var disk = new DriveInfo(Path.GetFullPath(options.Value.Data));
            return [new((double)disk.AvailableFreeSpace / disk.TotalSize)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static double ToUnix(DateTimeOffset? time) => time?.ToUnixTimeSeconds() ?? 0;

    private static Measurement<double> Of(double value, string label, string word) =>
        new(value, new KeyValuePair<string, object?>(label, word));
}

internal static partial class CertificateLog
{
    [LoggerMessage(3900, LogLevel.Warning, "The certificate for {Use} expires, or expired, at {End:u}.")]
    public static partial void Expiring(this ILogger log, string use, DateTimeOffset end);
}
