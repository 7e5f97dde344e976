using Fleet.Torture.Checking;

namespace Fleet.Torture.Cloud;

/// <summary>Every call that passed the proxy, in the order in which they arrived.</summary>
internal sealed class ProxyJournal
{
    private readonly Lock _lock = new();
    private readonly List<CloudCall> _calls = [];

    public IReadOnlyList<CloudCall> Calls
    {
        get
        {
            lock (_lock) return [.. _calls];
        }
    }

    /// <summary>The creates that the cloud took.</summary>
    public IReadOnlyList<CloudCall> Accepted => [.. Calls.Where(call => call.IsAccepted)];

    /// <summary>The creates with this reference that arrived at the proxy.</summary>
    public IReadOnlyList<CloudCall> CreatesOf(string foreignId) =>
        [.. Calls.Where(call => call.Operation is CloudOperation.Create && call.ForeignId == foreignId)];

    /// <summary>How many creates with this reference arrived at the proxy.</summary>
    public int CountArrived(string foreignId) => CreatesOf(foreignId).Count;

    /// <summary>How many of them the cloud got.</summary>
    public int CountForwarded(string foreignId) => CreatesOf(foreignId).Count(call => call.Forwarded);

    /// <summary>Writes down a call, with its number and, if it is known, the reference of its checkout.</summary>
    public CloudCall Add(CloudCall call)
    {
        lock (_lock)
        {
            var named = call with { Number = _calls.Count + 1, ForeignId = call.ForeignId ?? FindReference(call) };
            _calls.Add(named);
            return named;
        }
    }

    /// <summary>Replaces what is written of a call.</summary>
    public CloudCall Put(CloudCall call)
    {
        lock (_lock) return _calls[call.Number - 1] = call;
    }

    /// <summary>All ids under which the cloud knows what a call is about.</summary>
    public IReadOnlyList<string> IdsOf(CloudCall call)
    {
        var known = call.ForeignId is { } foreignId ? CreatesOf(foreignId) : [];
        return
        [
            .. known.Append(call).SelectMany(one => new[] { one.ForeignId, one.CheckoutId, one.ClientId })
                .OfType<string>().Distinct(),
        ];
    }

    private string? FindReference(CloudCall call) => call is { CheckoutId: null, ClientId: null } ? null
        : _calls.FindLast(one => one.Operation is CloudOperation.Create
            && ((one.CheckoutId is not null && one.CheckoutId == call.CheckoutId)
                || (one.ClientId is not null && one.ClientId == call.ClientId)))?.ForeignId;
}
