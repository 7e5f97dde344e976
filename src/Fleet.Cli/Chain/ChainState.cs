using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>What Fleet has of a merchant.</summary>
/// <param name="Merchant">The merchant; null when there is none of the code.</param>
/// <param name="Keys">The names of its API keys that are valid.</param>
/// <param name="Stores">Its stores, retired ones included, by id.</param>
/// <param name="Readers">Its readers by id.</param>
internal sealed record MerchantState(
    Proto.Merchant? Merchant, IReadOnlyList<Proto.ApiKey> Keys, IReadOnlyDictionary<string, Proto.Store> Stores,
    IReadOnlyDictionary<string, Proto.Reader> Readers)
{
    /// <summary>What stores say of the menus of their readers, by id; only of those that were asked for.</summary>
    public IReadOnlyDictionary<string, Proto.MenuLock> StoreLocks { get; init; } =
        new Dictionary<string, Proto.MenuLock>();

    /// <summary>The own menu locks of readers, in the same way.</summary>
    public IReadOnlyDictionary<string, Proto.MenuLock> ReaderLocks { get; init; } =
        new Dictionary<string, Proto.MenuLock>();
}

/// <summary>Reads what Fleet has of a chain.</summary>
internal static class ChainState
{
    /// <summary>Items of one page, and merchants that are read or changed at the same time.</summary>
    public const int PageSize = 500, MostAtOnce = 16;

    /// <summary>All merchants that the key reaches.</summary>
    public static Task<List<Proto.Merchant>> ListMerchants(Session session) =>
        Pages.ReadAll<Proto.Merchant>(async token =>
        {
            var ask = new Proto.ListMerchantsRequest { PageSize = PageSize, PageToken = token };
            var page = await session.Node.Merchants.ListAsync(ask, session.Call);
            return (page.Merchants, page.NextPageToken);
        });

    /// <summary>Some merchants with all that belongs to them, by their codes.</summary>
    /// <param name="session">The command.</param>
    /// <param name="merchants">The merchants.</param>
    /// <param name="file">Menu locks that it does not say are not read; null to read all.</param>
    /// <exception cref="Failure">A store did not answer, so that not all readers are known.</exception>
    public static async Task<Dictionary<string, MerchantState>> ReadAll(
        Session session, IReadOnlyDictionary<string, Proto.Merchant> merchants, ChainFile? file = null)
    {
        var said = file?.Merchants.ToDictionary(one => one.Code);
        var keys = (await ListKeys(session)).ToLookup(key => key.MerchantCode);
        var states = new MerchantState[merchants.Count];
        await Parallel.ForEachAsync(merchants.Values.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = session.Cancel },
            async (item, _) =>
            {
                var code = item.Item.MerchantCode;
                var state = new MerchantState(item.Item, [.. keys[code]],
                    (await ListStores(session, code)).ToDictionary(store => store.Store_),
                    (await ListReaders(session, code)).ToDictionary(reader => reader.ReaderId));
                states[item.Index] = state with
                {
                    StoreLocks = await ReadStoreLocks(session, state, said?[code]),
                    ReaderLocks = await ReadReaderLocks(session, state, said?[code]),
                };
            });
        return states.ToDictionary(state => state.Merchant?.MerchantCode ?? "");
    }

    private static async Task<Dictionary<string, Proto.MenuLock>> ReadStoreLocks(
        Session session, MerchantState state, MerchantEntry? said)
    {
        var (code, locks) = (state.Merchant?.MerchantCode ?? "", new Dictionary<string, Proto.MenuLock>());
        foreach (var id in state.Stores.Values.Where(one => one.RetiredAt is null).Select(one => one.Store_)
            .Where(id => said is null || said.Stores.Any(one => one.Id == id && one.MenuLock is not null)))
        {
            var ask = new Proto.GetStoreSettingsRequest { Store = id };
            var found = await Patience.Call(
                session, code, call => session.Node.ReaderSettings.GetStoreAsync(ask, call));
            if (found.MenuLock is { } menuLock) locks.Add(id, menuLock);
        }
        return locks;
    }

    private static async Task<Dictionary<string, Proto.MenuLock>> ReadReaderLocks(
        Session session, MerchantState state, MerchantEntry? said)
    {
        var (code, locks) = (state.Merchant?.MerchantCode ?? "", new Dictionary<string, Proto.MenuLock>());
        foreach (var id in state.Readers.Keys
            .Where(id => said is null || said.Readers.Any(one => one.Id == id && one.MenuLock is not null)))
        {
            var ask = new Proto.GetReaderSettingsRequest { ReaderId = id };
            var found = await Patience.Call(
                session, code, call => session.Node.ReaderSettings.GetReaderAsync(ask, call));
            if (found.Source is Proto.SettingsSource.OfReader) locks.Add(id, found.MenuLock);
        }
        return locks;
    }

    private static Task<List<Proto.ApiKey>> ListKeys(Session session) =>
        Pages.ReadAll<Proto.ApiKey>(async token =>
        {
            var ask = new Proto.ListKeysRequest { PageSize = PageSize, PageToken = token };
            var page = await session.Node.Keys.ListAsync(ask, session.Call);
            return (page.Keys.Where(key => key is { RevokedAt: null, ReplacedBy: "" }
                && !(key.ExpiresAt?.ToDateTimeOffset() <= session.Now)), page.NextPageToken);
        });

    private static Task<List<Proto.Store>> ListStores(Session session, string code) =>
        Pages.ReadAll<Proto.Store>(async token =>
        {
            var ask = new Proto.ListStoresRequest { PageSize = PageSize, PageToken = token, Retired = true };
            var page = await Patience.Call(session, code, call => session.Node.Stores.ListAsync(ask, call));
            return (page.Stores, page.NextPageToken);
        });

    private static Task<List<Proto.Reader>> ListReaders(Session session, string code) =>
        Pages.ReadAll<Proto.Reader>(async token =>
        {
            var ask = new Proto.ListReadersRequest { PageSize = PageSize, PageToken = token };
            var page = await Patience.Call(session, code, call => session.Node.Readers.ListAsync(ask, call));
            if (page.Missing.Count > 0)
                throw new Failure(ExitCode.NotComplete, "STORES_SILENT",
                    $"Stores of {code} did not answer: {string.Join(", ", page.Missing)}.", "Try again in a moment.");
            return (page.Readers, page.NextPageToken);
        });
}

/// <summary>Calls that are repeated when the key calls too often, or a node does not know a new merchant yet.</summary>
internal static class Patience
{
    /// <summary>How often a call that came too early is made, and the pause before it is made again.</summary>
    private const int MostTries = 100;

    /// <summary>The same for a new merchant, which all nodes know within 5 seconds.</summary>
    private const int TriesForNew = 30;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>The answer of a call for a merchant.</summary>
    public static Task<T> Call<T>(
        Session session, string code, Func<CallOptions, AsyncUnaryCall<T>> call, bool isNew = false) =>
        Call(session, () => call(session.Node.ForMerchant(code, session.Cancel)), isNew);

    /// <summary>The answer of a call about the chain.</summary>
    public static Task<T> CallChain<T>(Session session, Func<CallOptions, AsyncUnaryCall<T>> call) =>
        Call(session, () => call(session.Node.ForChain(session.Cancel)), isNew: false);

    /// <summary>Fleet did nothing for a call that it refuses like this.</summary>
    private static async Task<T> Call<T>(Session session, Func<AsyncUnaryCall<T>> call, bool isNew)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (RpcException e) when ((e.StatusCode is StatusCode.ResourceExhausted && tries < MostTries)
                || (isNew && e.StatusCode is StatusCode.NotFound && tries < TriesForNew))
            {
                await Task.Delay(Pause, session.Terminal.Time, session.Cancel);
            }
        }
    }
}
