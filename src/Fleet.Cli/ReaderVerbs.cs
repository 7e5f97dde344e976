using System.CommandLine;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>Looking at readers, and changing them, one or many.</summary>
internal static class ReaderVerbs
{
    private const string Reader = "reader", WhichReader = "Ids of readers.";

    public static Command Build(CommandLine line) => CommandLine.Group("readers",
        "List, watch, pair, rename, move and unpair readers.",
        ReaderListing.List(line), ReaderListing.Watch(line), Pair(line), Rename(line), Move(line), Unpair(line));

    private static Command Pair(CommandLine line)
    {
        var code = new Argument<string?>("code")
        {
            Description = "The code that its device shows.", Arity = ArgumentArity.ZeroOrOne,
        };
        var (name, store) = (Kinds.Of("--name", "text", "Its name."), Kinds.Of("--store", "store", "Its store."));
        var tags = Kinds.Many("--tag", "tag", "A tag. Again for more of them.");
        var (from, dry) = (Bulk.From("pairing_code, name, store, tags"), Bulk.DryRun());
        return line.Verb("pair", "Pair devices with the merchant.",
            session => Pair(session, Asks(session), session.Get(dry)), code, name, store, tags, from, dry);

        List<BulkItem<Proto.PairRequest>> Asks(Session session)
        {
            var one = session.Find(code);
            if (Bulk.Rows(session, from, one is not null) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.Get("pairing_code"), row.Find("name"),
                    row.Find("store"), row.Words("tags")))];
            var called = session.Get(name) ?? throw Failure.Usage("--name is missing.", "Say how it is to be called.");
            return [Item(1, one ?? "", called, session.Text(store), session.Get(tags) ?? [])];
        }

        static BulkItem<Proto.PairRequest> Item(int row, string code, string name, string store, string[] tags)
        {
            var ask = new Proto.PairRequest { PairingCode = code, Name = name, Store = store };
            ask.Tags.AddRange(tags);
            return new(row, name, ask);
        }
    }

    private static Task<int> Pair(Session session, List<BulkItem<Proto.PairRequest>> items, bool dry) =>
        Bulk.Run(session, items, "paired", dry, async (portion, told) =>
        {
            var ask = new Proto.PairManyRequest { DryRun = dry };
            ask.Readers.AddRange(portion);
            using var call = session.Node.Readers.PairMany(ask, session.Stream);
            await foreach (var one in call.ResponseStream.ReadAllAsync(session.Cancel)) await told(one);
        });

    private static Command Rename(CommandLine line)
    {
        var reader = new Argument<string?>(Reader) { Description = "Its id.", Arity = ArgumentArity.ZeroOrOne };
        var name = new Argument<string?>("name") { Description = "Its new name.", Arity = ArgumentArity.ZeroOrOne };
        var (from, dry) = (Bulk.From("reader_id, name"), Bulk.DryRun());
        return line.Verb("rename", "Give readers other names.",
            session => Change(session, Asks(session), "renamed", session.Get(dry)), reader, name, from, dry);

        List<BulkItem<Proto.ReaderChange>> Asks(Session session)
        {
            var one = session.Find(reader);
            if (Bulk.Rows(session, from, one is not null) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.Get("reader_id"), row.Get("name")))];
            return [Item(1, one ?? "", session.Find(name) ?? throw Failure.Usage("The new name is missing."))];
        }

        static BulkItem<Proto.ReaderChange> Item(int row, string id, string name) =>
            new(row, id, new() { Rename = new() { ReaderId = id, Name = name } });
    }

    private static Command Move(CommandLine line)
    {
        var readers = Kinds.Arguments(Reader, WhichReader, required: false);
        var store = Kinds.Of("--store", "store", "The store they go to; without it they stay.");
        var tags = Kinds.Many("--tag", "tag", "A tag they have from now on, instead of those they had.");
        var none = Kinds.Switch("--no-tags", "They have no tags from now on.");
        var (from, dry) = (Bulk.From("reader_id, store, tags"), Bulk.DryRun());
        return line.Verb("move", "Bring readers to another store, or give them other tags.",
            session => Change(session, Asks(session), "moved", session.Get(dry)),
            readers, store, tags, none, from, dry);

        List<BulkItem<Proto.ReaderChange>> Asks(Session session)
        {
            if (Bulk.Rows(session, from, session.Get(readers).Length > 0) is { } rows)
                return [.. rows.Select(row => Item(row.Number, row.Get("reader_id"), row.Find("store"),
                    row.Find("tags").Length > 0 ? row.Words("tags") : null))];
            var given = session.Get(none) ? [] : session.Has(tags) ? session.Get(tags) : null;
            if (given is null && !session.Has(store))
                throw Failure.Usage("Nothing is to change.", "Say --store, --tag or --no-tags.");
            return [.. session.Get(readers).Select((id, i) => Item(i + 1, id, session.Text(store), given))];
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

    private static Command Unpair(CommandLine line)
    {
        var readers = Kinds.Arguments(Reader, WhichReader, required: false);
        var (from, dry) = (Bulk.From("reader_id"), Bulk.DryRun());
        return line.Verb("unpair", "End pairings. Open checkouts are terminated.",
            session => Change(session, Bulk.Items(session, from, session.Get(readers), row => row.Get("reader_id"),
                (id, row) => new BulkItem<Proto.ReaderChange>(row, id, new() { Unpair = new() { ReaderId = id } })),
                "unpaired", session.Get(dry)),
            readers, from, dry);
    }

    private static Task<int> Change(Session session, List<BulkItem<Proto.ReaderChange>> items, string done, bool dry) =>
        Bulk.Run(session, items, done, dry, async (portion, told) =>
        {
            var ask = new Proto.ChangeManyRequest { DryRun = dry };
            ask.Changes.AddRange(portion);
            using var call = session.Node.Readers.ChangeMany(ask, session.Stream);
            await foreach (var one in call.ResponseStream.ReadAllAsync(session.Cancel)) await told(one);
        });
}
