using System.Collections.Concurrent;
using Fleet.Torture.Checking;

namespace Fleet.Torture.Cloud;

/// <summary>Transactions that the cloud has and does not find for a while, by any of their ids.</summary>
internal sealed class LateTransactions(Func<TimeSpan> lasts)
{
    private readonly ConcurrentDictionary<string, long> _since = new();

    /// <summary>Hides a transaction from now on.</summary>
    public void Hide(IEnumerable<string> ids)
    {
        foreach (var id in ids) _since[id] = TimeProvider.System.GetTimestamp();
    }

    public bool IsHidden(string? id) => id is not null && _since.TryGetValue(id, out var since)
        && TimeProvider.System.GetElapsedTime(since) < lasts();

    /// <summary>Whether a call asks for a transaction that is hidden now.</summary>
    public bool IsHidden(CloudCall call) =>
        call.Operation.IsTransaction()
        && (IsHidden(call.ClientId) || IsHidden(call.ForeignId) || IsHidden(call.CheckoutId));
}
