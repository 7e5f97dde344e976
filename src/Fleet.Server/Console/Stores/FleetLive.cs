using System.Runtime.CompilerServices;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;

namespace Fleet.Server.Console.Stores;

/// <summary>
/// What the first page shows live: the stores on this page of the list that changed, came or went. Viewers
/// of the same stores share a read of them, whatever their filters are.
/// </summary>
internal sealed class FleetLive(FleetStatusQuery query, Fragments fragments, TimeProvider time) : IDisposable
{
    /// <summary>How often the stores are read while a browser watches the page.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>The age at which a read is not shared any more.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1.5);

    /// <summary>How many reads are kept.</summary>
    private const int MaxReads = 1_000;

    private readonly SharedReads<(string? MerchantCode, string? Store), FleetStatusReply> _reads = new(
        reach => query.Read(reach.MerchantCode, reach.Store, new() { ByStore = true }, CancellationToken.None),
        Fresh, MaxReads, time, unused: Period * 2);

    /// <summary>The source for one page of the list.</summary>
    /// <param name="merchantCode">Of this merchant; null for all.</param>
    /// <param name="store">Of this store of the merchant; null for all.</param>
    /// <param name="filter">What of them the page shows.</param>
    public LiveSource Of(string? merchantCode, string? store, StoreFilter filter) =>
        cancel => Follow((merchantCode, store), filter, cancel);

    public void Dispose() => _reads.Dispose();

    private async IAsyncEnumerable<LiveChange> Follow(
        (string? MerchantCode, string? Store) reach, StoreFilter filter,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        Dictionary<string, object>? shown = null;
        while (true)
        {
            var parts = PartsOf(StoreList.Of(await _reads.Read(reach).AsTask().WaitAsync(cancel), filter)).ToList();
            var changed = parts.Where(one => shown is null || !one.Shows.Equals(shown.GetValueOrDefault(one.Part.Id)));
            var gone = (shown ?? []).Keys.Except(parts.Select(one => one.Part.Id)).Select(id => new LivePart(id, null));
            IReadOnlyList<LivePart> told = [.. await fragments.Render(changed.Select(one => one.Part)), .. gone];
            yield return new(Whole: shown is null, told);
            shown = parts.ToDictionary(one => one.Part.Id, one => one.Shows);
            await Task.Delay(Period, time, cancel);
        }
    }

    /// <summary>The parts of the page that change, each with what it shows.</summary>
    private static IEnumerable<(FragmentOf Part, object Shows)> PartsOf(StoreList list) => list.Rows
        .Select(row => (new FragmentOf(
            row.Id, typeof(StoreRowPart), new() { [nameof(StoreRowPart.Row)] = row }), (object)row))
        .Prepend((new(FleetCounts.Id, typeof(FleetCounts), new() { [nameof(FleetCounts.Of)] = list.Counts }),
            list.Counts));
}
