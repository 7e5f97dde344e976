using Fleet.Core.Access;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Console.Live;
using Grpc.Core;

namespace Fleet.Server.Console.Readers;

/// <summary>A reader: who holds it, how it is, and what may be done with it.</summary>
internal static class ReaderRoutes
{
    private const string Path = "m/{merchant_code}/readers/{reader_id}";

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<ReaderPage, ReaderView>(Path, Read);
        routes.MapStream(Path + "/live", Watch);
        routes.MapAction(Path + "/terminate", Terminate);
        routes.MapAction(Path + "/rename", Rename);
        routes.MapAction(Path + "/move", Move);
        routes.MapAction(Path + "/unpair", Unpair);
        routes.MapAction(Path + "/settings", SetMenuLock);
        routes.MapAction(Path + "/settings/clear", ClearMenuLock);
    }

    private static async Task<ReaderView> Read(PageRequest page)
    {
        var reader = await Find(page);
        var ask = new GetReaderSettingsRequest { ReaderId = reader.ReaderId };
        var settings = await page.Api.Call(page.Api.Of<SettingsRpc>().GetReader, ask);
        return new(reader, settings, await FindDevice(page, reader), await ListStores(page, reader),
            await ListCheckouts(page, reader), page.Get<TimeProvider>().GetUtcNow(), await EndedPayment.Read(page));
    }

    private static async Task<DeviceHistory?> FindDevice(PageRequest page, Reader reader)
    {
        try
        {
            return await page.Api.Call(
                page.Api.Of<DevicesRpc>().Get, new GetDeviceRequest { Serial = reader.Serial });
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.NotFound)
        {
            return null; // the device was never heard of, for example one that SumUp has without a serial number
        }
    }

    /// <summary>Where it may be moved; only its own store when the viewer may not see the others.</summary>
    private static async Task<IReadOnlyList<Store>> ListStores(PageRequest page, Reader reader)
    {
        if (!page.Can(Scopes.ReadersWrite) || !page.Can(Scopes.FleetRead)) return [new() { Store_ = reader.Store }];
        var ask = new ListStoresRequest { PageSize = StoreField.MaxListed };
        return (await page.Api.Call(page.Api.Of<StoresRpc>().List, ask)).Stores;
    }

    /// <summary>Its newest checkouts; null when the viewer may not see them.</summary>
    private static async Task<IReadOnlyList<Checkout>?> ListCheckouts(PageRequest page, Reader reader)
    {
        if (!page.Can(Scopes.CheckoutsRead)) return null;
        var ask = new ListCheckoutsRequest { ReaderId = reader.ReaderId };
        return (await page.Api.Call(page.Api.Of<CheckoutsRpc>().List, ask)).Checkouts;
    }

    private static async Task Watch(PageRequest page)
    {
        var reader = await Find(page);
        var (merchant, keyStore) = (page.Route("merchant_code"), page.Viewer?.Grant.Store);
        await page.Get<Broadcasts>().Send(page, $"reader {merchant}/{keyStore}/{reader.ReaderId}",
            page.Get<ReaderLive>().Of(new(merchant, keyStore), reader.ReaderId));
    }

    /// <summary>Ends the payment that the page showed, and no other.</summary>
    private static async Task<string> Terminate(PageRequest page)
    {
        if (page.Form("checkout").Length == 0) throw RpcErrors.InvalidField("checkout", "is required");
        await page.Api.Call(page.Api.Of<CheckoutsRpc>().Terminate, new TerminateRequest
        {
            ReaderId = page.Route("reader_id"), ExpectedCheckoutId = page.Form("checkout"),
        });
        var to = page.Query("store") is { Length: > 0 } store ? StoreOf(page, store) : Here(page);
        return to + QueryString.Create("ended", page.Form("checkout"));
    }

    private static async Task<string> Rename(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<ReadersRpc>().Rename, new RenameRequest
        {
            ReaderId = page.Route("reader_id"), Name = page.Form("name"),
        });
        return Here(page);
    }

    /// <summary>Moves it to a store, and gives it other tags.</summary>
    private static async Task<string> Move(PageRequest page)
    {
        var ask = new MoveRequest { ReaderId = page.Route("reader_id"), Store = page.Form("store"), Tags = new() };
        ask.Tags.Values.AddRange(TagsOf(page.Form("tags")));
        await page.Api.Call(page.Api.Of<ReadersRpc>().Move, ask);
        return Here(page);
    }

    private static async Task<string> Unpair(PageRequest page)
    {
        var reader = await Find(page);
        await page.Api.Call(page.Api.Of<ReadersRpc>().Unpair, new UnpairRequest { ReaderId = reader.ReaderId });
        var to = page.Can(Scopes.FleetRead) ? StoreOf(page, reader.Store) : $"m/{page.Route("merchant_code")}/pair";
        return $"{to}{QueryString.Create("unpaired", reader.Serial)}";
    }

    private static async Task<string> SetMenuLock(PageRequest page)
    {
        var change = new MenuLockChange();
        if (page.Form("enabled") is { Length: > 0 } enabled) change.Enabled = enabled == "on";
        if (page.Form("passcode") is { Length: > 0 } passcode) change.Passcode = passcode;
        await page.Api.Call(page.Api.Of<SettingsRpc>().SetReader, new SetReaderSettingsRequest
        {
            ReaderId = page.Route("reader_id"), MenuLock = change,
        });
        return Here(page);
    }

    private static async Task<string> ClearMenuLock(PageRequest page)
    {
        await page.Api.Call(page.Api.Of<SettingsRpc>().ClearReader,
            new ClearReaderSettingsRequest { ReaderId = page.Route("reader_id") });
        return Here(page);
    }

    /// <summary>Tags as people type them, with spaces or commas between them.</summary>
    internal static IEnumerable<string> TagsOf(string text) =>
        text.Split([' ', ',', '\t'], StringSplitOptions.RemoveEmptyEntries);

    private static Task<Reader> Find(PageRequest page) => page.Api.Call(
        page.Api.Of<ReadersRpc>().Get, new GetReaderRequest { ReaderId = page.Route("reader_id") });

    private static string Here(PageRequest page) =>
        $"m/{page.Route("merchant_code")}/readers/{Uri.EscapeDataString(page.Route("reader_id"))}";

    private static string StoreOf(PageRequest page, string store) =>
        $"m/{page.Route("merchant_code")}/stores/{Uri.EscapeDataString(store)}";
}
