using System.Diagnostics.Metrics;
using Fleet.Core;
using Fleet.Core.Incidents;
using Fleet.Server.Checkouts;
using Fleet.Server.Incidents;
using Fleet.Server.Links;
using Fleet.Server.Storage;
using Fleet.Server.Stores;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Hosting;

/// <summary>Gauges, which are computed when the metrics are read.</summary>
internal sealed class Gauges(
    IMeterFactory meters, FleetMeter counters, Backlog backlog, LinkConnections links,
    UnprovenLinks unproven, LocalStores stores,
    ChangeFeed changes, IncidentTeller incidents, IClusterMembershipService cluster, ClockWatch clock,
    TimeProvider time) : IHostedService
{
    private static readonly KeyValuePair<string, object?>
        Pending = new("state", "pending"), Dead = new("state", "dead");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(FleetMeter.Name);
        AddBacklog(meter);
        AddCluster(meter);
        AddStores(meter);
        meter.CreateObservableGauge("fleet.link.connections", () => links.Count, "{connection}",
            "Devices connected to this node.");
        meter.CreateObservableGauge("fleet.link.unpaired", () => unproven.Count, "{connection}",
            "Those that have not proved to be a reader, without those from this machine.");
        meter.CreateObservableGauge("fleet.checkout.watches", () => changes.Count, "{watch}",
            "Requests that wait for an outcome, and streams, on this node.");
        counters.StartAtZero();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void AddBacklog(Meter meter)
    {
        meter.CreateObservableGauge("fleet.checkout.open", () => ReadLatest(seen => new Measurement<long>(seen.Open)),
            "{checkout}", "Open checkouts of the whole cluster.");
        meter.CreateObservableGauge("fleet.checkout.open.age",
            () => ReadLatest(seen => new Measurement<double>(Backlog.OpenAge(seen, time.Now()).TotalSeconds)),
            "s", "Age of the oldest open checkout.");
        meter.CreateObservableGauge("fleet.outbox.events",
            () => ReadLatest(seen => new Measurement<long>(seen.Pending, Pending), seen => new(seen.Dead, Dead)),
            "{event}", "Events of the whole cluster that are not delivered.");
        meter.CreateObservableGauge("fleet.outbox.age",
            () => ReadLatest(seen => new Measurement<double>(Backlog.OutboxAge(seen, time.Now()).TotalSeconds)),
            "s", "How long the oldest due event has been due.");
        meter.CreateObservableGauge("fleet.incidents", () => incidents.Open is { } open
            ? Enum.GetValues<IncidentKind>().Select(kind => new Measurement<int>(
                open.GetValueOrDefault(kind), new KeyValuePair<string, object?>("kind", kind.ToWireName())))
            : [], "{incident}", "Open incidents of the whole cluster.");
    }

    private void AddCluster(Meter meter)
    {
        var first = cluster.CurrentSnapshot.Version.Value;
        meter.CreateObservableGauge("fleet.cluster.nodes",
            () => cluster.CurrentSnapshot.ActiveNodes().Count(),
            "{node}", "Active nodes as this one sees it.");
        meter.CreateObservableCounter("fleet.cluster.changes",
            () => cluster.CurrentSnapshot.Version.Value - first, "{change}", "Changes of the membership seen.");
        meter.CreateObservableGauge("fleet.clock.offset", () => clock.Offset.TotalSeconds, "s",
            "How far the clocks of this node and its machine are ahead of the database's, or of each other.");
    }

    private void AddStores(Meter meter)
    {
        meter.CreateObservableGauge("fleet.readers",
            () => stores.All.SelectMany(store => store.MeasureReaders(time.Now())),
            "{reader}", "Readers of the stores that live on this node.");
        meter.CreateObservableGauge("fleet.readers.firmware", () => StoreMeasures.MeasureFirmware(stores.All),
            "{reader}", "The same by firmware.");
        meter.CreateObservableGauge("fleet.queue.waiting", () => stores.All.Select(store => store.MeasureWaiting()),
            "{checkout}", "Tills that wait for a reader of these stores.");
    }

    private IEnumerable<Measurement<T>> ReadLatest<T>(
        params Func<Backlog.Seen, Measurement<T>>[] read) where T : struct =>
        backlog.Latest is { } seen ? read.Select(one => one(seen)) : [];
}
