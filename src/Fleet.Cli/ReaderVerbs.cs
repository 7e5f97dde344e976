using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs that change readers, one or many.</summary>
internal static class ReaderVerbs
{
    private const string Reader = "reader", WhichReader = "Ids of readers.";

    public static Command BuildCommand(CommandLine line) => CommandLine.BuildGroup("readers",
        "List, show, watch, pair, adopt, rename, move and unpair readers.",
        ReaderListing.BuildList(line), ReaderListing.BuildShow(line), ReaderListing.BuildWatch(line), BuildPair(line),
        AdoptVerb.BuildCommand(line), BuildRename(line), BuildMove(line), BuildUnpair(line));

    private static Command BuildPair(CommandLine line)
    {
        var code = OptionFactory.CreateOptional("code", "The code that its device shows.");
        var (name, store) = (OptionFactory.CreateText("--name", "text", "Its name."),
            OptionFactory.CreateText("--store", "store", "Its store."));
        var tags = OptionFactory.CreateTexts("--tag", "tag", "A tag. Again for more of them.");
        var (from, dry) = (Bulk.ListOption("pairing_code, name, store, tags"), Bulk.DryRun());
        return line.BuildVerb("pair", "Pair devices with the merchant.",
            session => PairReaders(session, Asks(session), session.GetValue(dry)), code, name, store, tags, from, dry);

        List<BulkItem<Proto.PairRequest>> Asks(Session session)
        {
            var one = session.FindValue(code);
            if (Bulk.ReadRows(session, from, one is not null) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.GetCell("pairing_code"), row.FindCell("name"),
                    row.FindCell("store"), row.SplitCell("tags")))];
            var called = session.GetValue(name)
                ?? throw Failure.WrongUsage("--name is missing.", "Give the new name with --name.");
            return [Item(1, one ?? "", called, session.GetText(store), session.GetValue(tags) ?? [])];
        }

        static BulkItem<Proto.PairRequest> Item(int row, string code, string name, string store, string[] tags)
        {
            var ask = new Proto.PairRequest { PairingCode = code, Name = name, Store = store };
            ask.Tags.AddRange(tags);
            return new(row, name, ask);
        }
    }

    private static Task<int> PairReaders(Session session, List<BulkItem<Proto.PairRequest>> items, bool dry) =>
        Bulk.RunPortions(session, items, "paired", dry, async (portion, told) =>
        {
            var ask = new Proto.PairManyRequest { DryRun = dry };
            ask.Readers.AddRange(portion);
            using var call = session.Node.Readers.PairMany(ask, session.Stream);
            await foreach (var one in call.ResponseStream.ReadAllAsync(session.Cancel)) await told(one);
        });

    private static Command BuildRename(CommandLine line)
    {
        var reader = OptionFactory.CreateOptional(Reader, "Its id.");
        var name = OptionFactory.CreateOptional("name", "Its new name.");
        var (from, dry) = (Bulk.ListOption("reader_id, name"), Bulk.DryRun());
        return line.BuildVerb("rename", "Give readers other names.",
            session => ChangeReaders(session, Asks(session), "renamed", session.GetValue(dry)), reader, name, from,
            dry);

        List<BulkItem<Proto.ReaderChange>> Asks(Session session)
        {
            var one = session.FindValue(reader);
            if (Bulk.ReadRows(session, from, one is not null) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.GetCell("reader_id"), row.GetCell("name")))];
            return [Item(1, one ?? "",
                session.FindValue(name) ?? throw Failure.WrongUsage("The new name is missing."))];
        }

        static BulkItem<Proto.ReaderChange> Item(int row, string id, string name) =>
            new(row, id, new() { Rename = new() { ReaderId = id, Name = name } });
    }

    private static Command BuildMove(CommandLine line)
    {
        var readers = OptionFactory.CreateArguments(Reader, WhichReader, required: false);
        var store = OptionFactory.CreateText("--store", "store", "Their new store; without it they stay.");
        var tags = OptionFactory.CreateTexts("--tag", "tag", "A new tag, which replaces their old tags.");
        var none = OptionFactory.CreateSwitch("--no-tags", "Remove all of their tags.");
        var (from, dry) = (Bulk.ListOption("reader_id, store, tags"), Bulk.DryRun());
        return line.BuildVerb("move", "Bring readers to another store, or give them other tags.",
            session => ChangeReaders(session, Asks(session), "moved", session.GetValue(dry)),
            readers, store, tags, none, from, dry);

        List<BulkItem<Proto.ReaderChange>> Asks(Session session)
        {
            if (Bulk.ReadRows(session, from, session.GetValue(readers).Length > 0) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.GetCell("reader_id"), row.FindCell("store"),
                    row.FindCell("tags").Length > 0 ? row.SplitCell("tags") : null))];
            var given = session.GetValue(none) ? [] : session.IsGiven(tags) ? session.GetValue(tags) : null;
            if (given is null && !session.IsGiven(store))
                throw Failure.WrongUsage("Nothing is to change.", "Give --store, --tag or --no-tags.");
            return [.. session.GetValue(readers).Select((id, i) => Item(i + 1, id, session.GetText(store), given))];
        }

        static BulkItem<Proto.ReaderChange> Item(int row, string id, string store, string[]? tags)
        {
            var move = new Proto.MoveRequest { ReaderId = id, Store = store };
            if (tags is null) return new(row, id, new() { Move = move });
            move.Tags = new();
            move.Tags.Values.AddRange(tags);
            return new(row, id, new() { Move = move });
        }
    }

    private static Command BuildUnpair(CommandLine line)
    {
        var readers = OptionFactory.CreateArguments(Reader, WhichReader, required: false);
        var (from, dry) = (Bulk.ListOption("reader_id"), Bulk.DryRun());
        return line.BuildVerb("unpair", "End pairings. Open checkouts are terminated.",
            session => ChangeReaders(session,
                Bulk.ReadItems(session, from, session.GetValue(readers), row => row.GetCell("reader_id"),
                (id, row) => new BulkItem<Proto.ReaderChange>(row, id, new() { Unpair = new() { ReaderId = id } })),
                "unpaired", session.GetValue(dry)),
            readers, from, dry);
    }

    private static Task<int> ChangeReaders(
        Session session, List<BulkItem<Proto.ReaderChange>> items, string done, bool dry) =>
        Bulk.RunPortions(session, items, done, dry, async (portion, told) =>
        {
            var ask = new Proto.ChangeManyRequest { DryRun = dry };
            ask.Changes.AddRange(portion);
            using var call = session.Node.Readers.ChangeMany(ask, session.Stream);
            await foreach (var one in call.ResponseStream.ReadAllAsync(session.Cancel)) await told(one);
        });
}
