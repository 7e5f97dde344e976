using Fleet.Core.Checkouts;

namespace Fleet.Server.Cloud;

/// <summary>
/// Reads the newest transactions of a merchant while so many of its payments are open that the key may not ask for each
/// of them often. One request tells which of them ended. That is only a hint: each of those is then read.
/// </summary>
/// <param name="listNewest">The newest transactions; none when they cannot be read.</param>
/// <param name="tellEnded">Tells that a checkout seems to have ended.</param>
/// <param name="time">The clock.</param>
internal sealed class HistoryWatch(
    Func<Task<IReadOnlyList<WireTransaction>>> listNewest, Action<Checkout> tellEnded, TimeProvider time)
{
    /// <summary>With fewer open payments each can be read often enough.</summary>
    public const int LeastOpen = 8;

    /// <summary>More are not watched.</summary>
    private const int MostOpen = 1_000;

    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(3), TellPause = TimeSpan.FromSeconds(10);

    /// <summary>A payment that was not read for this time is not open any more.</summary>
    private static readonly TimeSpan OpenFor = TimeSpan.FromSeconds(30);

    private readonly Dictionary<Guid, Open> _open = [];
    private DateTimeOffset _nextLook;
    private bool _isLooking;

    /// <summary>Notes a checkout that is read because it is open.</summary>
    public void NoteOpen(Checkout checkout)
    {
        var told = _open.TryGetValue(checkout.Id, out var known) ? known.ToldAt : DateTimeOffset.MinValue;
        if (known is not null || _open.Count < MostOpen) _open[checkout.Id] = new(checkout, time.Now(), told);
    }

    /// <summary>Looks when it is time, and ends when what was found is told.</summary>
    public async Task Tick()
    {
        var now = time.Now();
        foreach (var old in _open.Values.Where(one => now - one.ReadAt >= OpenFor).ToList())
            _open.Remove(old.Checkout.Id);
        if (_isLooking || _open.Count < LeastOpen || now < _nextLook) return;
        (_nextLook, _isLooking) = (now + LookPause, true);
        try
        {
            foreach (var item in await listNewest()) Tell(item);
        }
        finally
        {
            _isLooking = false;
        }
    }

    private void Tell(WireTransaction item)
    {
        if (item.Status is WireTransactionStatus.Pending) return;
        var now = time.Now();
        var found = _open.Values.FirstOrDefault(one =>
            one.Checkout.Cloud is { } attempt && AttemptReader.IsOf(item, attempt));
        if (found is null || now - found.ToldAt < TellPause) return;
        _open[found.Checkout.Id] = found with { ToldAt = now };
        tellEnded(found.Checkout);
    }

    private sealed record Open(Checkout Checkout, DateTimeOffset ReadAt, DateTimeOffset ToldAt);
}
