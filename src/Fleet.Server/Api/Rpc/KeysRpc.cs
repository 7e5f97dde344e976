using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Keys over gRPC: each admin looks after those within the reach of his own.</summary>
internal sealed class KeysRpc(
    IApiKeys keys, KeyOrders orders, KeyDirectory directory, AuditLog audit, TimeProvider time)
    : Proto.Keys.KeysBase
{
    /// <summary>Seconds a replaced key goes on.</summary>
    private const int DefaultOverlap = 24 * 60 * 60, MaxOverlap = 7 * DefaultOverlap;

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyCreate)]
    public override async Task<Proto.NewKey> Create(Proto.CreateKeyRequest request, ServerCallContext context)
    {
        var (caller, text, fields) = (context.Caller(), KeyText.New(), new FieldCheck());
        var key = orders.Check(request, caller, text, fields);
        RpcErrors.ThrowIfAny(fields);
        await Record(caller, AuditAction.KeyCreate, key);
        await keys.Add(key);
        return new() { Key = text, About = key.ToMessage() };
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListKeysReply> List(Proto.ListKeysRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.Caller(), new FieldCheck());
        var size = fields.PageSize(request.PageSize);
        var before = fields.PageToken(request.PageToken, token => Ids.IsUuid(token, out var id) ? id : (Guid?)null);
        RpcErrors.ThrowIfAny(fields);
        var asked = request.MerchantCode.Length > 0 ? request.MerchantCode : caller.MerchantCode;
        if (caller.MerchantCode is { } own && asked != own) return new(); // what is beyond does not exist
        var found = await keys.List(asked, before, size + 1, context.CancellationToken);
        var reply = new Proto.ListKeysReply();
        reply.Keys.AddRange(found.Take(size).Select(KeyMessages.ToMessage));
        if (found.Count > size) reply.NextPageToken = found[size - 1].Id.ToString();
        return reply;
    }

    [RequiredScope(Scopes.None, ForChain = true)]
    public override Task<Proto.ApiKey> Self(Proto.SelfRequest request, ServerCallContext context) =>
        Task.FromResult(context.Caller().Key.ToMessage());

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyRotate)]
    public override async Task<Proto.NewKey> Rotate(Proto.RotateKeyRequest request, ServerCallContext context)
    {
        var (caller, fields, now) = (context.Caller(), new FieldCheck(), time.Now());
        var overlap = request.HasOverlapSeconds ? request.OverlapSeconds : DefaultOverlap;
        if (overlap is < 0 or > MaxOverlap) fields.Add("overlap_seconds", $"must be from 0 to {MaxOverlap}");
        RpcErrors.ThrowIfAny(fields);
        var old = await Find(request.KeyId, caller, context.CancellationToken);
        KeyOrders.CheckRights(old, caller, fields);
        RpcErrors.ThrowIfAny(fields);
        if (!old.IsGoodAt(now) || old.ReplacedBy is not null) throw RpcErrors.Exception(Refusal.KeyNotActive);
        var text = KeyText.New();
        var key = orders.Like(old, caller, text);
        var ends = now.AddSeconds(overlap);
        await Record(caller, AuditAction.KeyRotate, old, $"{key.Id}");
        if (!await keys.Replace(old.Id, old.ExpiresAt < ends ? old.ExpiresAt.Value : ends, key))
            throw RpcErrors.Exception(Refusal.KeyNotActive);
        directory.Forget(old);
        return new() { Key = text, About = key.ToMessage() };
    }

    /// <summary>What is revoked stays so: to say it again changes nothing.</summary>
    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.KeyRevoke)]
    public override async Task<Proto.ApiKey> Revoke(Proto.RevokeKeyRequest request, ServerCallContext context)
    {
        var caller = context.Caller();
        var key = await Find(request.KeyId, caller, context.CancellationToken);
        if (key.RevokedAt is not null) return key.ToMessage();
        var now = time.Now();
        await Record(caller, AuditAction.KeyRevoke, key);
        await keys.Revoke(key.Id, now);
        directory.Forget(key);
        return (key with { RevokedAt = now }).ToMessage();
    }

    /// <summary>A key within the caller's reach; what is beyond does not exist.</summary>
    private async Task<ApiKey> Find(string keyId, Caller caller, CancellationToken cancel) =>
        Ids.IsUuid(keyId, out var id) && await keys.Find(id, cancel) is { } key
            && (caller.MerchantCode is null || key.MerchantCode == caller.MerchantCode)
            ? key
            : throw RpcErrors.Exception(Refusal.NotFound);

    /// <summary>The row is about the key's merchant, whoever's key did it.</summary>
    private Task Record(Caller caller, string action, ApiKey key, string detail = "") =>
        audit.Record(caller with { WorksFor = key.MerchantCode }, action, $"{key.Id}", detail);
}
