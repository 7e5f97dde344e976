using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that list and watch readers.</summary>
internal static class ReaderListing
{
    private const int PageSize = 500, MaxPercent = 100;

    /// <summary>How many stores can be watched at the same time, each by a stream of its own.</summary>
    private const int MaxWatched = 90;

    private static readonly string[] Heads =
        ["READER", "STORE", "NAME", "STATE", "BATTERY", "FIRMWARE", "TAGS", "CHECKOUT", "SERIAL", "SEEN"];

    public static Command BuildList(CommandLine line)
    {
        var store = OptionFactory.CreateText("--store", "store", "Only of this store.");
        var tags = OptionFactory.CreateTexts("--tag", "tag", "Only with this tag. Again for more of them.");
        var presence = OptionFactory.CreateChoice("--presence", "Only those that are so.", "free", "busy", "offline",
            "unknown");
        var firmware = OptionFactory.CreateText("--firmware-below", "version", "Only with an older firmware.");
        var battery =
            OptionFactory.CreateNumber("--battery-below", "percent", "Only with less battery.", 1, MaxPercent);
        var text = OptionFactory.CreateText("--text", "text", "Only with this in name or serial number.");
        return line.BuildVerb("list", "All readers that fit.", async session =>
        {
            var ask = new Proto.ListReadersRequest
            {
                Store = session.GetText(store),
                FirmwareBelow = session.GetText(firmware),
                BatteryBelow = session.GetValue(battery),
                Text = session.GetText(text),
                PageSize = PageSize,
                Presence = PresenceOf(session.GetText(presence)),
            };
            ask.Tags.AddRange(session.GetValue(tags) ?? []);
            return await ListReaders(session, ask);
        }, store, tags, presence, firmware, battery, text);
    }

    /// <summary>Builds the verb that watches one reader, one store, or all stores of the merchant.</summary>
    public static Command BuildWatch(CommandLine line)
    {
        var reader = OptionFactory.CreateOptional("reader", "Its id; without one, all of them.");
        var store = OptionFactory.CreateText("--store", "store", "Those of this store.");
        return line.BuildVerb("watch", "The state of readers, then each change, until Ctrl-C.",
            session => UntilInterrupted(session, async () =>
            {
                if (session.FindValue(reader) is { } id) await WatchOne(session, id);
                else await WatchStores(session, await FindStores(session, session.GetText(store)));
            }), reader, store);
    }

    /// <summary>Builds the verb that shows one reader.</summary>
    public static Command BuildShow(CommandLine line)
    {
        var reader = OptionFactory.CreateArgument("reader", "Its id.");
        return line.BuildVerb("show", "A reader as it is now.", async session =>
        {
            var told = await session.Node.Readers.GetAsync(new() { ReaderId = session.GetValue(reader) }, session.Call);
            await session.PrintAnswer(told, Heads, [ToCells(told, session.Now)]);
        }, reader);
    }

    public static Proto.Presence PresenceOf(string word) => word switch
    {
        "free" => Proto.Presence.Free,
        "busy" => Proto.Presence.Busy,
        "offline" => Proto.Presence.Offline,
        "unknown" => Proto.Presence.NotSeen,
        _ => Proto.Presence.Unspecified,
    };

    /// <summary>Waits until Ctrl-C, which is the normal end of a watch.</summary>
    public static async Task<int> UntilInterrupted(Session session, Func<Task> watch)
    {
        try
        {
            await watch();
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException
            && session.Cancel.IsCancellationRequested)
        {
            return ExitCode.Done;
        }
        return ExitCode.Done;
    }

    private static async Task<int> ListReaders(Session session, Proto.ListReadersRequest ask)
    {
        var all = new Proto.ListReadersReply();
        await Pages.Walk(async token =>
        {
            ask.PageToken = token;
            var page = await session.Node.Readers.ListAsync(ask, session.Call);
            all.Readers.AddRange(page.Readers);
            all.Missing.AddRange(page.Missing.Except(all.Missing));
            return page.NextPageToken;
        });
        await session.PrintAnswer(all, Heads, all.Readers.Select(reader => ToCells(reader, session.Now)));
        if (all.Missing.Count == 0) return ExitCode.Done;
        await session.PrintHint($"These stores did not answer: {string.Join(", ", all.Missing)}.");
        return ExitCode.Refused;
    }

    private static string[] ToCells(Proto.Reader reader, DateTimeOffset now) =>
    [
        reader.ReaderId, reader.Store, reader.Name, reader.StateText(), reader.BatteryText(), reader.Firmware,
        string.Join(' ', reader.Tags), reader.Checkout?.CheckoutId ?? "", reader.Serial, reader.SeenText(now),
    ];

    private static async Task WatchOne(Session session, string id)
    {
        using var call = session.Node.Readers.Watch(new() { ReaderId = id }, session.Stream);
        await foreach (var reader in call.ResponseStream.ReadAllAsync(session.Cancel))
            await PrintReader(session, reader);
    }

    private static async Task<IReadOnlyList<string>> FindStores(Session session, string store)
    {
        if (store.Length > 0) return [store];
        var all = await session.Node.Stores.ListAsync(new() { PageSize = PageSize }, session.Call);
        return all.Stores.Count <= MaxWatched
            ? [.. all.Stores.Select(one => one.Store_)]
            : throw Failure.WrongUsage($"There are more than {MaxWatched} stores.", "Choose one with --store.");
    }

    private static async Task WatchStores(Session session, IReadOnlyList<string> stores)
    {
        using var telling = new SemaphoreSlim(1);
        await Task.WhenAll(stores.Select(async store =>
        {
            using var call = session.Node.Stores.WatchBoard(new() { Store = store }, session.Stream);
            await foreach (var board in call.ResponseStream.ReadAllAsync(session.Cancel))
            {
                await telling.WaitAsync(session.Cancel);
                foreach (var reader in board.Readers) await PrintReader(session, reader);
                telling.Release();
            }
        }));
    }

    private static Task PrintReader(Session session, Proto.Reader reader)
    {
        var checkout = reader.Checkout is { } open
            ? $", {Amount.FormatMoney(open.TotalAmount)} {open.State.ToWord()} ({open.CheckoutId})"
            : "";
        var trouble = CloudText.DescribeTrouble(reader) is { } text ? $". {text}" : "";
        return session.PrintAnswer(reader, $"{reader.Store}  {reader.Name} ({reader.ReaderId}) is {reader.StateText()}"
            + $"{checkout}{(reader.SeenText(session.Now) is { Length: > 0 } seen ? $", seen {seen}" : "")}{trouble}");
    }
}
