using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli.Chain;

/// <summary>
/// The plan for the menu locks of the stores and readers of one merchant, as a part of its plan. Passcodes stay as they
/// are.
/// </summary>
internal sealed class MenuLockPlan(MerchantEntry wanted, MerchantState found, MerchantPlan plan)
{
    private const string Kind = "menu locks";

    /// <summary>Adds the changes to the plan.</summary>
    public void Compare()
    {
        foreach (var store in wanted.Stores.Where(one => !one.Retired))
        {
            Compare(store.MenuLock, found.StoreLocks.GetValueOrDefault(store.Id),
                $"store {wanted.Code}/{store.Id}", $"--store {store.Id}",
                (node, call) => node.ReaderSettings.ClearStoreAsync(new() { Store = store.Id }, call),
                (node, change, call) => node.ReaderSettings.SetStoreAsync(
                    new() { Store = store.Id, MenuLock = change }, call));
        }
        foreach (var reader in wanted.Readers.Where(one => found.Readers.ContainsKey(one.Id)))
        {
            Compare(reader.MenuLock, found.ReaderLocks.GetValueOrDefault(reader.Id),
                $"reader {wanted.Code}/{reader.Id}", $"--reader {reader.Id}",
                (node, call) => node.ReaderSettings.ClearReaderAsync(new() { ReaderId = reader.Id }, call),
                (node, change, call) => node.ReaderSettings.SetReaderAsync(
                    new() { ReaderId = reader.Id, MenuLock = change }, call));
        }
    }

    private void Compare<T>(
        MenuLockEntry? said, Proto.MenuLock? now, string what, string option,
        Func<Node, CallOptions, AsyncUnaryCall<T>> clear,
        Func<Node, Proto.MenuLockChange, CallOptions, AsyncUnaryCall<T>> set)
    {
        if (said is null) return;
        if (said.Enabled is true && now is not { HasPasscode: true })
        {
            plan.Notes.Add(new(said.Line, $"The {what} has no passcode, so its menu is not locked: set one with "
                + $"'fleet settings set {option} --ask-passcode', and apply the file again."));
            return;
        }
        bool? enabled = now is { HasEnabled: true } ? now.Enabled : null;
        if (said.Enabled is null ? now is null : said.Enabled == enabled) return;
        plan.Add(said.Line, Kind, $"~ {what} menu_lock: {ChainText.Show(enabled)} -> {ChainText.Show(said.Enabled)}",
            session => plan.Ask(session, call => said.Enabled is { } wants
                ? set(session.Node, new() { Enabled = wants }, call)
                : clear(session.Node, call)));
    }
}
