using System.Diagnostics.Metrics;
using Fleet.Server.Cloud;
using Fleet.Server.Stores;
using Fleet.Server.Telemetry;

namespace Fleet.Server.Hosting;

/// <summary>
/// Gauges of SumUp's cloud, which are computed when the metrics are read. Without a linked merchant all are 0.
/// </summary>
internal sealed class CloudGauges(
    IMeterFactory meters, CloudClients clients, TroubleWatch trouble, LocalStores stores) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(FleetMeter.Name);
        meter.CreateObservableGauge("fleet.cloud.trouble", () => trouble.Latest.Since is null ? 0 : 1, null,
            "1 while the calls of most merchants to SumUp fail, as far as this node was told.");
        meter.CreateObservableGauge("fleet.cloud.accounts", clients.MeasureAccounts, "{merchant}",
            "Merchants whose calls to SumUp go through this node, by what these calls say.");
        meter.CreateObservableGauge("fleet.cloud.budget.waiting", clients.MeasureWaiting, "{call}",
            "Calls to SumUp that wait for their turn on this node.");
        meter.CreateObservableGauge("fleet.cloud.breaker.open", clients.CountBlocked, "{merchant}",
            "Merchants whose calls to SumUp are held back on this node because most of them failed.");
        meter.CreateObservableGauge("fleet.checkout.unknown", () => stores.All.Sum(store => store.CountUnknown()),
            "{checkout}", "Open checkouts of these stores of which it is not known what SumUp did.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
