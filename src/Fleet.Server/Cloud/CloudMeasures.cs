using System.Diagnostics.Metrics;
using Fleet.Core;

namespace Fleet.Server.Cloud;

/// <summary>The measurements of calls to SumUp's cloud. A merchant is never a label.</summary>
internal static class CloudMeasures
{
    /// <summary>How an attempt ended, as a word of a short list.</summary>
    /// <param name="status">The status of the answer; null when there is none.</param>
    /// <param name="verdict">Why there is no answer.</param>
    public static string ResultOf(int? status, CloudFailure verdict) => (verdict, status) switch
    {
        (not CloudFailure.None, _) => verdict.ToWireName(),
        (_, >= 200 and < 300) => "2xx",
        (_, >= 300 and < 400) => "3xx",
        (_, >= 400 and < 500) => "4xx",
        (_, >= 500 and < 600) => "5xx",
        _ => "other",
    };

    /// <summary>The accounts of this node by what their calls say.</summary>
    public static IEnumerable<Measurement<int>> MeasureAccounts(this CloudClients clients) =>
        Enum.GetValues<AccountState>().Select(state => new Measurement<int>(
            clients.CountIn(state), new KeyValuePair<string, object?>("state", state.ToWireName())));

    /// <summary>The calls of this node that wait for their turn, by priority.</summary>
    public static IEnumerable<Measurement<int>> MeasureWaiting(this CloudClients clients) =>
        Enum.GetValues<CloudPriority>().Select(priority => new Measurement<int>(
            clients.Accounts.Sum(account => account.Budget.CountWaiting(priority)),
            new KeyValuePair<string, object?>("priority", priority.ToWireName())));

    /// <summary>The accounts of this node whose calls are held back because most of them failed.</summary>
    public static int CountBlocked(this CloudClients clients) =>
        clients.Accounts.Count(account => !account.Breaker.IsClosed);
}
