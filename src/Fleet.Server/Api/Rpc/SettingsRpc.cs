using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Readers;
using Fleet.Core.Stores;
using Fleet.Server.Grains;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Settings of readers and of stores over gRPC.</summary>
internal sealed class SettingsRpc(SettingsCommands settings, StoreDirectory stores) : Proto.Settings.SettingsBase
{
    [RequiredScope(Scopes.ReadersRead)]
    public override async Task<Proto.ReaderSettings> GetReader(
        Proto.GetReaderSettingsRequest request, ServerCallContext context) => ToMessage(
        request.ReaderId,
        await settings.ShowSettings(context.GetMerchant(), request.ReaderId, context.CancellationToken),
        request.ShowPasscode);

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderSettings)]
    public override async Task<Proto.ReaderSettings> SetReader(
        Proto.SetReaderSettingsRequest request, ServerCallContext context)
    {
        var (enabled, passcode) = Check(request.MenuLock);
        return ToMessage(request.ReaderId, await settings.WantSettings(
            context.GetMerchant(), request.ReaderId, enabled, passcode, context.CancellationToken));
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.ReaderSettings)]
    public override async Task<Proto.ReaderSettings> ClearReader(
        Proto.ClearReaderSettingsRequest request, ServerCallContext context) => ToMessage(
        request.ReaderId,
        await settings.ClearSettings(context.GetMerchant(), request.ReaderId, context.CancellationToken));

    [RequiredScope(Scopes.ReadersRead)]
    public override Task<Proto.StoreSettings> GetStore(
        Proto.GetStoreSettingsRequest request, ServerCallContext context) =>
        ShowStore(FindStore(request.Store, context), request.Store, context, request.ShowPasscode);

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.StoreSettings)]
    public override async Task<Proto.StoreSettings> SetStore(
        Proto.SetStoreSettingsRequest request, ServerCallContext context)
    {
        var (enabled, passcode) = Check(request.MenuLock);
        var store = FindStore(request.Store, context);
        RpcErrors.ThrowIfAny(await settings.ChangeStore(
            context.GetMerchant(), store, request.Store, enabled, passcode));
        return await ShowStore(store, request.Store, context);
    }

    [RequiredScope(Scopes.ReadersWrite, Action = AuditAction.StoreSettings)]
    public override async Task<Proto.StoreSettings> ClearStore(
        Proto.ClearStoreSettingsRequest request, ServerCallContext context)
    {
        var store = FindStore(request.Store, context);
        RpcErrors.ThrowIfAny(await settings.ClearStore(context.GetMerchant(), store, request.Store));
        return await ShowStore(store, request.Store, context);
    }

    private static (bool? Enabled, string? Passcode) Check(Proto.MenuLockChange? change)
    {
        var (ask, fields) = (change ?? new(), new FieldCheck());
        var passcode = ask.HasPasscode ? ask.Passcode : null;
        fields.CheckMenuLock(ask.HasEnabled, passcode);
        RpcErrors.ThrowIfAny(fields);
        return (ask.HasEnabled ? ask.Enabled : null, passcode);
    }

    private IStoreGrain FindStore(string store, ServerCallContext context) =>
        StoreFields.IsId(store) && stores.FindStore(context.GetMerchant().Reach, store) is { } found
            ? found
            : throw RpcErrors.ToException(Refusal.NotFound);

    private async Task<Proto.StoreSettings> ShowStore(
        IStoreGrain store, string name, ServerCallContext context, bool showPasscode = false)
    {
        var merchant = context.GetMerchant();
        var said = await Failover.CallWithRetry(store.GetMenuLock, context.CancellationToken)
            ?? throw RpcErrors.ToException(Refusal.NotFound);
        return new()
        {
            Store = name, Untold = said.Untold, MenuLock = ToMessage(merchant.Code, said.MenuLock, showPasscode),
        };
    }

    private Proto.ReaderSettings ToMessage(string readerId, SettingsReply reply, bool showPasscode = false) =>
        reply.Settings is not { } known
            ? throw RpcErrors.ToException(reply.Refusal ?? Refusal.NotFound)
            : new()
            {
                ReaderId = readerId,
                MenuLock = ToMessage(known.MerchantCode, known.Wanted, showPasscode),
                Source = known.Source switch
                {
                    SettingsSource.Reader => Proto.SettingsSource.OfReader,
                    SettingsSource.Store => Proto.SettingsSource.OfStore,
                    _ => Proto.SettingsSource.OfNone,
                },
                State = known.State switch
                {
                    SettingsState.Applied => Proto.SettingsState.SettingsApplied,
                    SettingsState.Pending => Proto.SettingsState.SettingsPending,
                    SettingsState.Refused => Proto.SettingsState.SettingsRefused,
                    _ => Proto.SettingsState.Unspecified,
                },
                OnDevice = ToMessage(known.MerchantCode, known.OnDevice, showPasscode),
            };

    private Proto.MenuLock? ToMessage(string merchantCode, MenuLock? menuLock, bool showPasscode)
    {
        if (menuLock is null) return null;
        var message = new Proto.MenuLock { HasPasscode = menuLock.SealedPasscode is not null };
        if (menuLock.Enabled is { } enabled) message.Enabled = enabled;
        if (showPasscode) message.Passcode = settings.OpenPasscode(merchantCode, menuLock) ?? "";
        return message;
    }
}
