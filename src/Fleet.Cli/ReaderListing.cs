using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Readers as they are, and as they change.</summary>
internal static class ReaderListing
{
    private const int PageSize = 500, MaxPercent = 100;

    /// <summary>Stores that are watched at the same time, each by a stream of its own.</summary>
    private const int MaxWatched = 90;

    private static readonly string[] Heads =
        ["READER", "STORE", "NAME", "STATE", "BATTERY", "FIRMWARE", "TAGS", "CHECKOUT", "SERIAL"];

    public static Command List(CommandLine line)
    {
        var store = Kinds.Of("--store", "store", "Only of this store.");
        var tags = Kinds.Many("--tag", "tag", "Only with this tag. Again for more of them.");
        var presence = Kinds.Among("--presence", "Only those that are so.", "free", "busy", "offline");
        var firmware = Kinds.Of("--firmware-below", "version", "Only with an older firmware.");
        var battery = Kinds.Number("--battery-below", "percent", "Only with less battery.", 1, MaxPercent);
        var text = Kinds.Of("--text", "text", "Only with this in name or serial number.");
        return line.Verb("list", "All readers that fit.", async session =>
        {
            var ask = new Proto.ListReadersRequest
            {
                Store = session.Text(store),
                FirmwareBelow = session.Text(firmware),
                BatteryBelow = session.Get(battery),
                Text = session.Text(text),
                PageSize = PageSize,
                Presence = PresenceOf(session.Text(presence)),
            };
            ask.Tags.AddRange(session.Get(tags) ?? []);
            return await List(session, ask);
        }, store, tags, presence, firmware, battery, text);
    }

    /// <summary>One reader, one store, or all stores of the merchant.</summary>
    public static Command Watch(CommandLine line)
    {
        var reader = new Argument<string?>("reader")
        {
            Description = "Its id; without one, all of them.", Arity = ArgumentArity.ZeroOrOne,
        };
        var store = Kinds.Of("--store", "store", "Those of this store.");
        return line.Verb("watch", "Readers as they are, then each change, until Ctrl-C.",
            session => UntilInterrupted(session, async () =>
            {
                if (session.Find(reader) is { } id) await WatchOne(session, id);
                else await WatchStores(session, await Stores(session, session.Text(store)));
            }), reader, store);
    }

    public static Proto.Presence PresenceOf(string word) => word switch
    {
        "free" => Proto.Presence.Free,
        "busy" => Proto.Presence.Busy,
        "offline" => Proto.Presence.Offline,
        _ => Proto.Presence.Unspecified,
    };

    /// <summary>Ctrl-C is how a watch is meant to end.</summary>
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

    private static async Task<int> List(Session session, Proto.ListReadersRequest ask)
    {
        var all = new Proto.ListReadersReply();
        do
        {
            var page = await session.Node.Readers.ListAsync(ask, session.Call);
            all.Readers.AddRange(page.Readers);
            all.Missing.AddRange(page.Missing.Except(all.Missing));
            ask.PageToken = page.NextPageToken;
        }
        while (ask.PageToken.Length > 0);
        await session.Answer(all, Heads, all.Readers.Select(Cells));
        if (all.Missing.Count == 0) return ExitCode.Done;
        await session.Hint($"These stores did not answer: {string.Join(", ", all.Missing)}.");
        return ExitCode.Refused;
    }

    private static string[] Cells(Proto.Reader reader) =>
    [
        reader.ReaderId, reader.Store, reader.Name, reader.StateText(), reader.BatteryText(), reader.Firmware,
        string.Join(' ', reader.Tags), reader.Checkout?.CheckoutId ?? "", reader.Serial,
    ];

    private static async Task WatchOne(Session session, string id)
    {
        using var call = session.Node.Readers.Watch(new() { ReaderId = id }, session.Stream);
        await foreach (var reader in call.ResponseStream.ReadAllAsync(session.Cancel)) await Tell(session, reader);
    }

    private static async Task<IReadOnlyList<string>> Stores(Session session, string store)
    {
        if (store.Length > 0) return [store];
        var all = await session.Node.Stores.ListAsync(new() { PageSize = PageSize }, session.Call);
        return all.Stores.Count <= MaxWatched
            ? [.. all.Stores.Select(one => one.Store_)]
            : throw Failure.Usage($"There are more than {MaxWatched} stores.", "Choose one with --store.");
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
                foreach (var reader in board.Readers) await Tell(session, reader);
                telling.Release();
            }
        }));
    }

    private static Task Tell(Session session, Proto.Reader reader)
    {
        var checkout = reader.Checkout is { } open
            ? $", {Amount.Text(open.TotalAmount)} {open.State.Word()} ({open.CheckoutId})"
            : "";
        return session.Answer(reader, $"{reader.Store}  {reader.Name} ({reader.ReaderId}) is {reader.StateText()}"
            + $"{checkout}");
    }
}
