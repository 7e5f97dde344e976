using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Grpc.Core;

namespace Fleet.Server.Console.Readers;

/// <summary>The wizard that pairs one device, or many.</summary>
internal static class PairRoutes
{
    private const string Path = "m/{merchant_code}/pair";

    /// <summary>Devices that are paired with one form at most.</summary>
    public const int MaxMany = 50;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<PairPage, PairView>(Path, page => Show(page, []));
        routes.MapForm(Path, PairOne);
        routes.MapForm(Path + "/many", PairMany);
    }

    private static async Task<PairView> Show(PageRequest page, IReadOnlyList<(string Name, string Message)> errors)
    {
        if (!page.Can(Scopes.ReadersWrite))
            throw new PageRefusal(StatusCodes.Status403Forbidden, "Your key may not pair readers.");
        var store = page.Form("store") is { Length: > 0 } typed ? typed : page.Query("store");
        return new(store, await ListStores(page, store), errors);
    }

    /// <summary>The stores to choose from; only the one of the address when the viewer may not see them.</summary>
    private static async Task<IReadOnlyList<Store>> ListStores(PageRequest page, string store)
    {
        if (!page.Can(Scopes.FleetRead))
            return [new() { Store_ = store.Length > 0 ? store : page.Viewer?.Grant.Store ?? "" }];
        var ask = new ListStoresRequest { PageSize = StoreField.MaxListed };
        return (await page.Api.Call(page.Api.Of<StoresRpc>().List, ask)).Stores;
    }

    /// <summary>Pairs one; what is wrong is said beside its field.</summary>
    private static async Task PairOne(PageRequest page)
    {
        try
        {
            var reader = await Pair(page, page.Form("code"), page.Form("name"));
            await Answers.GoTo(page, $"m/{page.Route("merchant_code")}/readers/{reader.ReaderId}");
        }
        catch (RpcException error) when (Answers.WantsPage(page))
        {
            var refusal = PageRefusal.FromError(error);
            IReadOnlyList<(string, string)> errors =
                refusal.Fields.Count > 0 ? refusal.Fields : [("pairing_code", refusal.Message)];
            await Answers.Page<PairPage, PairView>(page, await Show(page, errors), refusal.Status);
        }
    }

    /// <summary>Pairs many, one after the other, and shows what became of each line.</summary>
    private static async Task PairMany(PageRequest page)
    {
        var lines = page.Form("codes").Split(
            '\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length is 0 or > MaxMany)
            throw RpcErrors.InvalidField("codes", $"must have 1 to {MaxMany} lines");
        var results = new List<PairResult>();
        foreach (var line in lines) results.Add(await PairLine(page, line));
        await Answers.Page<PairManyPage, PairManyView>(page, new(page.Form("store"), results));
    }

    private static async Task<PairResult> PairLine(PageRequest page, string line)
    {
        var (code, name) = line.Split([' ', '\t', ',', ';'], 2, StringSplitOptions.TrimEntries) is [var first, var rest]
            ? (first, rest)
            : (line, line);
        try
        {
            var reader = await Pair(page, code, name);
            return new(name, reader, "");
        }
        catch (RpcException error)
        {
            var refusal = PageRefusal.FromError(error);
            return new(name, null, string.Join(' ', refusal.Fields.Select(field => $"{field.Name} {field.Message}.")
                .Prepend(refusal.Message)));
        }
    }

    private static Task<Reader> Pair(PageRequest page, string code, string name) => page.Api.Call(
        page.Api.Of<ReadersRpc>().Pair,
        new PairRequest { PairingCode = code, Name = name, Store = page.Form("store") });
}

/// <summary>What the wizard shows.</summary>
/// <param name="Store">The store that is chosen; empty for the default one.</param>
/// <param name="Stores">The stores to choose from.</param>
/// <param name="Errors">What was wrong with which field of the form that was sent.</param>
public sealed record PairView(
    string Store, IReadOnlyList<Store> Stores, IReadOnlyList<(string Name, string Message)> Errors)
{
    /// <summary>What was wrong with a field; null for nothing.</summary>
    public string? ErrorOf(string field) => Errors.FirstOrDefault(error => error.Name == field).Message;
}

/// <summary>What became of many codes.</summary>
/// <param name="Store">Their store.</param>
/// <param name="Results">One for each line.</param>
public sealed record PairManyView(string Store, IReadOnlyList<PairResult> Results);

/// <summary>What became of one code.</summary>
/// <param name="Name">The name that was given.</param>
/// <param name="Reader">The new reader; null when it was refused.</param>
/// <param name="Problem">Why it was refused.</param>
public sealed record PairResult(string Name, Reader? Reader, string Problem);
