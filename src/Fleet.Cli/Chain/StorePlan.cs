using Fleet.Core.Readers;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>The plan for the stores and readers of one merchant, as a part of its plan.</summary>
internal sealed class StorePlan(MerchantEntry wanted, MerchantState found, MerchantPlan plan)
{
    private const string Stores = "stores", Readers = "readers", Retired = "retired";

    private static Proto.Store Default { get; } = new()
    {
        Store_ = ReaderProfile.DefaultStore, Name = ReaderProfile.DefaultStoreName,
    };

    private string Code => wanted.Code;

    /// <summary>Adds the changes to the plan.</summary>
    public void Compare()
    {
        foreach (var store in wanted.Stores.Where(one => !one.Retired)) CompareStore(store);
        foreach (var reader in wanted.Readers) CompareReader(reader);
        foreach (var store in wanted.Stores.Where(one => one.Retired)) CompareRetired(store);
    }

    private void CompareStore(StoreEntry store)
    {
        // each merchant has the default store from its beginning
        var now = found.Stores.GetValueOrDefault(store.Id) ?? (store.Id == ReaderProfile.DefaultStore ? Default : null);
        var name = store.Name ?? now?.Name ?? store.Id;
        if (now is null or { RetiredAt: not null })
        {
            var ask = new Proto.CreateStoreRequest { Store = store.Id, Name = name };
            plan.Add(store.Lines.First, Stores, $"+ store {Code}/{store.Id} {ChainText.Show(name)}",
                session => plan.Ask(session, call => session.Node.Stores.CreateAsync(ask, call)));
        }
        else if (now.Name != name)
        {
            var ask = new Proto.RenameStoreRequest { Store = store.Id, Name = name };
            plan.Add(store.Lines.Of("name"), Stores,
                $"~ store {Code}/{store.Id} name: {ChainText.Show(now.Name)} -> {ChainText.Show(name)}",
                session => plan.Ask(session, call => session.Node.Stores.RenameAsync(ask, call)));
        }
    }

    private void CompareRetired(StoreEntry store)
    {
        if (store.Id == ReaderProfile.DefaultStore)
            plan.Errors.Add(new(store.Lines.Of(Retired), $"The store {store.Id} of {Code} cannot be retired."));
        if (found.Stores.GetValueOrDefault(store.Id) is not { RetiredAt: null }) return;
        var staying = found.Readers.Values.Where(one => one.Store == store.Id).Select(one => one.ReaderId)
            .Except(wanted.Readers.Where(one => one.Store is not null).Select(one => one.Id)).ToList();
        if (staying.Count > 0)
            plan.Errors.Add(new(store.Lines.Of(Retired),
                $"The store {store.Id} of {Code} still has readers, for example {staying[0]}: move them first."));
        var ask = new Proto.RetireStoreRequest { Store = store.Id };
        plan.Add(store.Lines.Of(Retired), Stores, $"- store {Code}/{store.Id}",
            session => plan.Ask(session, call => session.Node.Stores.RetireAsync(ask, call)));
    }

    private void CompareReader(ReaderEntry reader)
    {
        if (found.Readers.GetValueOrDefault(reader.Id) is not { } now)
        {
            plan.Errors.Add(new(reader.Lines.Of("reader_id"), $"{Code} has no reader {reader.Id}: pair it first."));
            return;
        }
        var label = $"~ reader {Code}/{reader.Id}";
        if (reader.Name is { } name && name != now.Name)
        {
            var ask = new Proto.RenameRequest { ReaderId = reader.Id, Name = name };
            plan.Add(reader.Lines.Of("name"), Readers,
                $"{label} name: {ChainText.Show(now.Name)} -> {ChainText.Show(name)}",
                session => plan.Ask(session, call => session.Node.Readers.RenameAsync(ask, call)));
        }
        var store = reader.Store ?? now.Store;
        if (wanted.Stores.Any(one => one.Retired && one.Id == reader.Store))
        {
            plan.Errors.Add(new(reader.Lines.Of("store"), $"The store {store} is retired in this file."));
            return;
        }
        var retags = reader.Tags is { } tags && !tags.Order().SequenceEqual(now.Tags.Order());
        if (store == now.Store && !retags) return;
        if (store != now.Store && !IsOpen(store))
            plan.Errors.Add(new(reader.Lines.Of("store"), $"{Code} has no store {store}, neither here nor in Fleet."));
        var move = new Proto.MoveRequest { ReaderId = reader.Id, Store = store == now.Store ? "" : store };
        if (retags) (move.Tags = new()).Values.AddRange(reader.Tags);
        var said = (store == now.Store ? "" : $" store: {now.Store} -> {store}")
            + (retags ? $" tags: {ChainText.Show(now.Tags)} -> {ChainText.Show(reader.Tags ?? [])}" : "");
        plan.Add(reader.Lines.First, Readers, label + said,
            session => plan.Ask(session, call => session.Node.Readers.MoveAsync(move, call)));
    }

    private bool IsOpen(string store) => wanted.Stores.Any(one => one.Id == store && !one.Retired)
        || found.Stores.GetValueOrDefault(store) is { RetiredAt: null };
}
