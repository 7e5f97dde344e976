using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Fleet.Server.Stores;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Keys over gRPC: a key with the scope admin manages the keys within its own reach.</summary>
internal sealed class KeysRpc(
    IApiKeys keys, MerchantDirectory merchants, RateLimits limits, KeyDirectory directory, StoreDirectory stores,
    AuditLog audit, TimeProvider time) : Proto.Keys.KeysBase
{
    /// <summary>The name of the list in its tokens.</summary>
    private const string ListName = "keys";

    /// <summary>Longest word that can be searched for.</summary>
    private const int MaxWord = 255;

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyCreate)]
    public override async Task<Proto.NewKey> Create(Proto.CreateKeyRequest request, ServerCallContext context)
    {
        var (caller, text, fields, now) = (context.GetCaller(), KeyText.NewKey(), new FieldCheck(), time.Now());
        var known = merchants.FindMerchant(request.MerchantCode) is not null;
        var own = new KeyRights(caller.MerchantCode, caller.Scopes, limits.LimitOf(caller.Key));
        var terms = fields.CheckKey(request.ToRequest(known), own);
        terms = terms with { ExpiresAt = fields.CheckExpiry(request.ExpiresAt.Time("expires_at", fields), now) };
        RpcErrors.ThrowIfAny(fields);
        await CheckStore(terms, fields, context.CancellationToken);
        RpcErrors.ThrowIfAny(fields);
        var key = ApiKey.FromTerms(terms, text, caller, now);
        await RecordCall(caller, AuditAction.KeyCreate, key);
        await keys.AddKey(key);
        return new() { Key = text, About = key.ToMessage() };
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListKeysReply> List(Proto.ListKeysRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.GetCaller(), new FieldCheck());
        var size = fields.PageSize(request.PageSize);
        var before = fields.CheckPageToken(request.PageToken, ListName, ReadPlace);
        if (request.MerchantCode.Length > 0) fields.CheckText("merchant_code", request.MerchantCode, MaxWord);
        RpcErrors.ThrowIfAny(fields);
        var asked = request.MerchantCode.Length > 0 ? request.MerchantCode : caller.MerchantCode;
        // keys of other merchants do not exist for this caller
        if (caller.MerchantCode is { } own && asked != own) return new();
        var found = await keys.ListKeys(asked, before, size + 1, context.CancellationToken);
        var reply = new Proto.ListKeysReply();
        reply.Keys.AddRange(found.Take(size).Select(KeyMapping.ToMessage));
        if (found.Count > size) reply.NextPageToken = PageToken.Write(ListName, $"{found[size - 1].Id}");
        return reply;
    }

    [RequiredScope(Scopes.None, ForChain = true)]
    public override Task<Proto.ApiKey> Self(Proto.SelfRequest request, ServerCallContext context) =>
        Task.FromResult(context.GetCaller().Key.ToMessage());

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyRotate)]
    public override async Task<Proto.NewKey> Rotate(Proto.RotateKeyRequest request, ServerCallContext context)
    {
        var (caller, fields, now) = (context.GetCaller(), new FieldCheck(), time.Now());
        var overlap = fields.CheckOverlap(request.HasOverlapSeconds ? request.OverlapSeconds : null);
        RpcErrors.ThrowIfAny(fields);
        var old = await FindKey(request.KeyId, caller, context.CancellationToken);
        fields.CheckReplaced(old.Scopes, caller.Scopes);
        RpcErrors.ThrowIfAny(fields);
        RpcErrors.ThrowIfAny(KeyRules.ReplaceKey(old.IsGoodAt(now), old.ReplacedBy));
        var text = KeyText.NewKey();
        var key = ApiKey.FromTerms(old.Terms, text, caller, now);
        var ends = now + overlap;
        await RecordCall(caller, AuditAction.KeyRotate, old, $"{key.Id}");
        if (!await keys.ReplaceKey(old.Id, old.ExpiresAt < ends ? old.ExpiresAt.Value : ends, key))
            throw RpcErrors.ToException(Refusal.KeyNotActive);
        directory.ForgetKey(old);
        return new() { Key = text, About = key.ToMessage() };
    }

    /// <summary>A revoked key stays revoked: revoking it again changes nothing.</summary>
    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyRevoke)]
    public override async Task<Proto.ApiKey> Revoke(Proto.RevokeKeyRequest request, ServerCallContext context)
    {
        var caller = context.GetCaller();
        var key = await FindKey(request.KeyId, caller, context.CancellationToken);
        if (key.RevokedAt is not null) return key.ToMessage();
        var now = time.Now();
        await RecordCall(caller, AuditAction.KeyRevoke, key);
        await keys.RevokeKey(key.Id, now);
        directory.ForgetKey(key);
        return (key with { RevokedAt = now }).ToMessage();
    }

    /// <summary>A key for a store that a clerk misspelt would reach nothing.</summary>
    private async Task CheckStore(KeyTerms terms, FieldCheck fields, CancellationToken cancel)
    {
        if (terms is not { MerchantCode: { } merchant, Store: { } store }) return;
        var open = await stores.ListOpen(new(merchant), cancel);
        if (open.All(one => one.Id != store)) fields.AddError("store", "is not an open store of this merchant");
    }

    private static Guid? ReadPlace(string[] parts) => parts is [var id] ? PageToken.ReadId(id) : null;

    /// <summary>A key within the caller's reach; other keys do not exist for the caller.</summary>
    private async Task<ApiKey> FindKey(string keyId, Caller caller, CancellationToken cancel) =>
        Ids.IsUuid(keyId, out var id) && await keys.FindById(id, cancel) is { } key
            && (caller.MerchantCode is null || key.MerchantCode == caller.MerchantCode)
            ? key
            : throw RpcErrors.ToException(Refusal.NotFound);

    /// <summary>The row is about the key's merchant, also when a key of the whole chain did it.</summary>
    private Task RecordCall(Caller caller, string action, ApiKey key, string detail = "") =>
        audit.RecordCall(caller with { WorksFor = key.MerchantCode }, action, $"{key.Id}", detail);
}
