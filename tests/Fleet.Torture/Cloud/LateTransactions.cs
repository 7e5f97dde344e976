using System.Collections.Concurrent;
using Fleet.Torture.Checking;

namespace Fleet.Torture.Cloud;

/// <summary>Transactions that the cloud has and does not find for a while, by any of their ids.</summary>
internal sealed class LateTransactions
{
    private readonly ConcurrentDictionary<string, long> _since = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _lasts = new();

    /// <summary>Hides a transaction from now on.</summary>
    public void Hide(IEnumerable<string> ids, TimeSpan lasts)
    {
        foreach (var id in ids)
        {
            _lasts[id] = lasts;
            _since[id] = TimeProvider.System.GetTimestamp();
        }
    }

    public bool IsHidden(string? id) => id is not null && _since.TryGetValue(id, out var since)
        && TimeProvider.System.GetElapsedTime(since) < _lasts[id];

    /// <summary>Whether a call asks for a transaction that is hidden now.</summary>
    public bool IsHidden(CloudCall call) =>
        call.Operation is CloudOperation.TransactionByClientId or CloudOperation.TransactionByForeignId
            or CloudOperation.Transaction
        && (IsHidden(call.ClientId) || IsHidden(call.ForeignId) || IsHidden(call.CheckoutId));
}
