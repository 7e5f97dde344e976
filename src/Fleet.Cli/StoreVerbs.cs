using System.CommandLine;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Stores of a merchant, and their boards.</summary>
internal static class StoreVerbs
{
    private const int PageSize = 500;

    private static readonly string[] Heads = ["STORE", "NAME", "SINCE", "RETIRED"];
    private static readonly string[] BoardHeads =
        ["READER", "NAME", "STATE", "BATTERY", "CHECKOUT", "AMOUNT", "SINCE", "TAGS"];

    public static Command Build(CommandLine line)
    {
        var store = Kinds.Argument("store", "Its id.");
        var name = Kinds.Of("--name", "text", "Its name; without it the id.");
        var called = Kinds.Argument("name", "Its new name.");
        var retired = Kinds.Switch("--retired", "Also those that are retired.");
        return CommandLine.Group("stores", "List, create, rename and retire stores, and look at their boards.",
            line.Verb("list", "The stores of the merchant.", session => List(session, session.Get(retired)), retired),
            line.Verb("create", "Open a store; one that was retired opens again.", async session => await Told(session,
                await session.Node.Stores.CreateAsync(
                    new() { Store = session.Get(store), Name = session.Text(name) }, session.Call), "is open"),
                store, name),
            line.Verb("rename", "Give a store another name. Its id stays.", async session => await Told(session,
                await session.Node.Stores.RenameAsync(
                    new() { Store = session.Get(store), Name = session.Get(called) }, session.Call), "is renamed"),
                store, called),
            line.Verb("retire", "Retire a store that has no readers left.", async session => await Told(session,
                await session.Node.Stores.RetireAsync(new() { Store = session.Get(store) }, session.Call),
                "is retired"), store),
            line.Verb("board", "How each reader of a store is, and who waits for one.",
                session => Board(session, session.Get(store)), store));
    }

    private static async Task List(Session session, bool retired)
    {
        var all = new Proto.ListStoresReply();
        var ask = new Proto.ListStoresRequest { Retired = retired, PageSize = PageSize };
        do
        {
            var page = await session.Node.Stores.ListAsync(ask, session.Call);
            all.Stores.AddRange(page.Stores);
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
        await session.Answer(all, Heads, all.Stores.Select(store =>
            new[] { store.Store_, store.Name, store.CreatedAt.Text(), store.RetiredAt.Text() }));
    }

    private static Task Told(Session session, Proto.Store store, string what) =>
        session.Answer(store, $"Store {store.Store_} ({store.Name}) {what}.");

    private static async Task Board(Session session, string store)
    {
        var board = await session.Node.Stores.BoardAsync(new() { Store = store }, session.Call);
        await session.Answer(board, async () =>
        {
            await session.Terminal.Say(BoardHeads, board.Readers.Select(reader => Cells(reader, session.Now)));
            foreach (var silent in board.Silent) await session.Terminal.Say($"{silent} has not said how it is.");
            foreach (var till in board.Queue)
            {
                var origin = till.Origin.Length > 0 ? till.Origin : "A till";
                await session.Terminal.Say(Terminal.Plain($"{origin} waits for a reader since {till.Since.Text()}, "
                    + $"until {till.Until.Text()} (checkout {till.CheckoutId})"));
            }
        });
    }

    private static string[] Cells(Proto.Reader reader, DateTimeOffset now) =>
    [
        reader.ReaderId, reader.Name, reader.StateText(), reader.BatteryText(), reader.Checkout?.CheckoutId ?? "",
        Amount.Text(reader.Checkout?.TotalAmount), reader.Checkout?.AcceptedAt.Ago(now) ?? "",
        string.Join(' ', reader.Tags),
    ];
}
