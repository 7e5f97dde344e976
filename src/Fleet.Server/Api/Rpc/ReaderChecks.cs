using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Reads and checks what gRPC callers ask of readers.</summary>
internal static class ReaderChecks
{
    /// <summary>The order to pair a reader; null when its fields are wrong.</summary>
    public static PairReader? CheckPair(
        Proto.PairRequest ask, MerchantScope merchant, out IReadOnlyList<FieldError> errors)
    {
        var fields = new FieldCheck();
        var code = fields.CheckPairingCode(ask.PairingCode);
        var (name, tags) = (fields.CheckName(ask.Name), fields.CheckTags("tags", ask.Tags));
        if (ask.Store.Length > 0) fields.CheckStore("store", ask.Store);
        errors = fields.Errors;
        return errors.Count > 0 || code is null
            ? null
            : new(merchant.Code, merchant.Merchant.Rules.Sandbox, RandomIds.NewReaderId(), code, name, null, tags,
                merchant.Reach.Store);
    }

    /// <summary>The same for one reader among many.</summary>
    public static BulkItem<PairReaderInStore> CheckPair(
        Proto.PairRequest ask, MerchantScope merchant, StoreDirectory stores)
    {
        if (CheckPair(ask, merchant, out var errors) is not { } reader) return new(null, Refusal.InvalidFields(errors));
        return stores.FindStore(merchant.Reach, ask.Store) is { } store
            ? new(new(store.GetPrimaryKeyString(), reader))
            : new(null, StoreRules.NoSuchStore);
    }

    /// <summary>One change among many.</summary>
    public static BulkItem<ReaderChange> CheckChange(Proto.ReaderChange ask)
    {
        var fields = new FieldCheck();
        var change = ask.ChangeCase switch
        {
            Proto.ReaderChange.ChangeOneofCase.Rename => fields.CheckRename(ask.Rename),
            Proto.ReaderChange.ChangeOneofCase.Move => fields.CheckMove(ask.Move),
            Proto.ReaderChange.ChangeOneofCase.Unpair => new(ChangeKind.Unpair, ask.Unpair.ReaderId),
            Proto.ReaderChange.ChangeOneofCase.Terminate => fields.CheckTerminate(ask.Terminate),
            _ => null,
        };
        if (change is null) fields.AddError("change", "is required");
        return fields.Errors.Count > 0 ? new(null, Refusal.InvalidFields(fields.Errors)) : new(change);
    }

    public static ReaderChange CheckRename(this FieldCheck fields, Proto.RenameRequest ask) =>
        new(ChangeKind.Rename, ask.ReaderId, fields.CheckName(ask.Name));

    public static ReaderChange CheckMove(this FieldCheck fields, Proto.MoveRequest ask)
    {
        if (ask.Store.Length == 0 && ask.Tags is null) fields.AddError("store", "or tags must be given");
        return new(ChangeKind.Move, ask.ReaderId,
            Store: ask.Store.Length == 0 ? null : fields.CheckStore("store", ask.Store),
            Tags: ask.Tags is null ? null : fields.CheckTags("tags", ask.Tags.Values));
    }

    private static ReaderChange CheckTerminate(this FieldCheck fields, Proto.TerminateRequest ask)
    {
        Guid? expected = null;
        if (Ids.IsUuid(ask.ExpectedCheckoutId, out var id)) expected = id;
        else if (ask.ExpectedCheckoutId.Length > 0) fields.AddError("expected_checkout_id", "must be a UUID");
        return new(ChangeKind.Terminate, ask.ReaderId, ExpectedCheckoutId: expected);
    }

    /// <summary>Which readers a caller wants to see; a filter that is none is noted.</summary>
    public static Func<BoardLine, bool> BuildFilter(
        this FieldCheck fields, Proto.ListReadersRequest ask, DateTimeOffset now)
    {
        if (ask.FirmwareBelow.Length > 0 && !Firmware.IsVersion(ask.FirmwareBelow))
            fields.AddError("firmware_below", "must be a version, as 3.3.40.3");
        return line =>
            ask.Tags.All(line.Pairing.Tags.Contains)
            && (ask.Presence is Proto.Presence.Unspecified || ask.Presence == line.ToPresence(now))
            && (ask.FirmwareBelow.Length == 0 || !Firmware.AtLeast(line.Firmware, ask.FirmwareBelow))
            && (ask.BatteryBelow == 0 || line.State.Status.Health?.BatteryLevel < ask.BatteryBelow)
            && (line.Pairing.Name.Contains(ask.Text, StringComparison.OrdinalIgnoreCase)
                || line.Pairing.Device.Serial.Contains(ask.Text, StringComparison.OrdinalIgnoreCase));
    }
}
