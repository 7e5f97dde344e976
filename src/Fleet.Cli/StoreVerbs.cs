using System.CommandLine;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs for stores of a merchant, and for their boards.</summary>
internal static class StoreVerbs
{
    private const int PageSize = 500;

    private static readonly string[] Heads = ["STORE", "NAME", "SINCE", "RETIRED"];
    private static readonly string[] BoardHeads =
        ["READER", "NAME", "STATE", "BATTERY", "CHECKOUT", "AMOUNT", "SINCE", "TAGS", "SEEN"];

    public static Command BuildCommand(CommandLine line)
    {
        var store = OptionFactory.CreateArgument("store", "Its id.");
        var name = OptionFactory.CreateText("--name", "text", "Its name; without it the id.");
        var called = OptionFactory.CreateArgument("name", "Its new name.");
        var retired = OptionFactory.CreateSwitch("--retired", "Also those that are retired.");
        return CommandLine.BuildGroup("stores", "List, show, create, rename and retire stores; see their boards.",
            line.BuildVerb("list", "The stores of the merchant.",
                session => ListStores(session, session.GetValue(retired)), retired),
            line.BuildVerb("show", "A store.", async session =>
            {
                var told = await session.Node.Stores.GetAsync(new() { Store = session.GetValue(store) }, session.Call);
                await session.PrintAnswer(told, Heads, [ToCells(told)]);
            }, store),
            line.BuildVerb("create", "Open a store; one that was retired opens again.",
                async session => await PrintStore(session,
                await session.Node.Stores.CreateAsync(
                    new() { Store = session.GetValue(store), Name = session.GetText(name) }, session.Call), "is open"),
                store, name),
            line.BuildVerb("rename", "Give a store another name. Its id stays.",
                async session => await PrintStore(session,
                await session.Node.Stores.RenameAsync(
                    new() { Store = session.GetValue(store), Name = session.GetValue(called) }, session.Call),
                    "is renamed"),
                store, called),
            line.BuildVerb("retire", "Retire a store that has no readers left.",
                async session => await PrintStore(session,
                await session.Node.Stores.RetireAsync(new() { Store = session.GetValue(store) }, session.Call),
                "is retired"), store),
            line.BuildVerb("board", "The state of each reader of a store, and the tills that wait.",
                session => PrintBoard(session, session.GetValue(store)), store));
    }

    private static async Task ListStores(Session session, bool retired)
    {
        var all = new Proto.ListStoresReply();
        var ask = new Proto.ListStoresRequest { Retired = retired, PageSize = PageSize };
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            var page = await session.Node.Stores.ListAsync(ask, session.Call);
            all.Stores.AddRange(page.Stores);
            return page.NextPageToken;
        });
        await session.PrintAnswer(all, Heads, all.Stores.Select(ToCells));
    }

    private static string[] ToCells(Proto.Store store) =>
        [store.Store_, store.Name, store.CreatedAt.ToText(), store.RetiredAt.ToText()];

    private static Task PrintStore(Session session, Proto.Store store, string what) =>
        session.PrintAnswer(store, $"Store {store.Store_} ({store.Name}) {what}.");

    private static async Task PrintBoard(Session session, string store)
    {
        var board = await session.Node.Stores.BoardAsync(new() { Store = store }, session.Call);
        await session.PrintAnswer(board, async () =>
        {
            await session.Terminal.PrintTable(BoardHeads, board.Readers.Select(reader => ToCells(reader, session.Now)));
            foreach (var silent in board.Silent)
                await session.Terminal.PrintLine($"{silent} has not reported its state.");
            foreach (var till in board.Queue)
            {
                var origin = till.Origin.Length > 0 ? till.Origin : "A till";
                await session.Terminal.PrintLine(
                    Terminal.ToPlainText($"{origin} waits for a reader since {till.Since.ToText()}, "
                        + $"until {till.Until.ToText()} (checkout {till.CheckoutId})"));
            }
        });
    }

    private static string[] ToCells(Proto.Reader reader, DateTimeOffset now) =>
    [
        reader.ReaderId, reader.Name, reader.StateText(), reader.BatteryText(), reader.Checkout?.CheckoutId ?? "",
        Amount.FormatMoney(reader.Checkout?.TotalAmount), reader.Checkout?.AcceptedAt.ToAge(now) ?? "",
        string.Join(' ', reader.Tags), reader.SeenText(now),
    ];
}
