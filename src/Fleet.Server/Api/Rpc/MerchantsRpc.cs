using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Merchants;
using Fleet.Server.Access;
using Fleet.Server.Cloud;
using Fleet.Server.Grains;
using Fleet.Server.Settings;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Merchants over gRPC, and their links with SumUp.</summary>
internal sealed class MerchantsRpc(
    MerchantDirectory merchants, MerchantCommands commands, IGrainFactory grains, CloudLinks links, AuditLog audit,
    IOptions<FleetOptions> options, TimeProvider time) : Proto.Merchants.MerchantsBase
{
    /// <summary>The name of the list in its tokens.</summary>
    private const string ListName = "merchants";

    [RequiredScope(Scopes.Admin, ForChain = true, ChainOnly = true, Action = AuditAction.MerchantCreate)]
    public override async Task<Proto.Merchant> Create(Proto.CreateMerchantRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var code = fields.CheckCode(request.MerchantCode);
        var terms = fields.CheckTerms(request.ToTerms(), new(request.Sandbox) { Egress = merchants.Egress });
        RpcErrors.ThrowIfAny(fields);
        return await ShowEdit(await commands.Create(
            context.GetCaller(), code, request.Sandbox, terms, request.DryRun), request.DryRun);
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.Merchant> Get(Proto.GetMerchantRequest request, ServerCallContext context) =>
        await ShowMerchant(FindMerchant(request.MerchantCode, context));

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.MerchantUpdate)]
    public override async Task<Proto.Merchant> Update(Proto.UpdateMerchantRequest request, ServerCallContext context)
    {
        var (caller, merchant, fields) =
            (context.GetCaller(), FindMerchant(request.MerchantCode, context), new FieldCheck());
        if (caller.MerchantCode is not null)
        {
            const string chain = "can only be changed with a key of the whole chain";
            if (request.HasCurrency) fields.AddError("currency", chain);
            if (request.HasLargestAmount) fields.AddError("largest_amount", chain);
        }
        RpcErrors.ThrowIfAny(fields);
        return await ShowEdit(await commands.Change(
            caller, merchant.Code, AuditAction.MerchantUpdate, MerchantMapping.NamesOf(request), request.Revision,
            before =>
            {
                var check = new FieldCheck();
                var terms = check.CheckTerms(request.ChangeTerms(before.Terms), merchant.Rules);
                if (check.Errors.Count > 0) return Refusal.InvalidFields(check.Errors);
                return MerchantEdits.Update(before, terms, time.Now());
            }, request.DryRun), request.DryRun);
    }

    [RequiredScope(Scopes.Admin, ForChain = true, ChainOnly = true, Action = AuditAction.MerchantSuspend)]
    public override async Task<Proto.Merchant> Suspend(Proto.SuspendMerchantRequest request, ServerCallContext context)
    {
        var (caller, merchant, fields) =
            (context.GetCaller(), FindMerchant(request.MerchantCode, context), new FieldCheck());
        var reason = fields.RequireName("reason", request.Reason, MerchantFields.MaxReason);
        RpcErrors.ThrowIfAny(fields);
        return await ShowEdit(await commands.Change(caller, merchant.Code, AuditAction.MerchantSuspend, "", 0,
            before => MerchantEdits.Suspend(before, reason, caller.KeyId, time.Now())));
    }

    [RequiredScope(Scopes.Admin, ForChain = true, ChainOnly = true, Action = AuditAction.MerchantResume)]
    public override async Task<Proto.Merchant> Resume(Proto.ResumeMerchantRequest request, ServerCallContext context) =>
        await ShowEdit(await commands.Change(
            context.GetCaller(), FindMerchant(request.MerchantCode, context).Code, AuditAction.MerchantResume, "", 0,
            before => MerchantEdits.Resume(before, time.Now())));

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.AffiliateAdd)]
    public override async Task<Proto.Merchant> AddAffiliateKey(
        Proto.AddAffiliateKeyRequest request, ServerCallContext context)
    {
        var (merchant, fields, now) = (FindMerchant(request.MerchantCode, context), new FieldCheck(), time.Now());
        var key = fields.CheckAffiliate(request.Name, request.AppId, request.Key, now);
        RpcErrors.ThrowIfAny(fields);
        return await ShowEdit(await commands.Change(
            context.GetCaller(), merchant.Code, AuditAction.AffiliateAdd, key.Name, 0,
            before => MerchantEdits.AddAffiliate(before, key, now)));
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.AffiliateRetire)]
    public override async Task<Proto.Merchant> RetireAffiliateKey(
        Proto.RetireAffiliateKeyRequest request, ServerCallContext context) =>
        await ShowEdit(await commands.Change(
            context.GetCaller(), FindMerchant(request.MerchantCode, context).Code, AuditAction.AffiliateRetire,
            request.Name, 0, before => MerchantEdits.RetireAffiliate(before, request.Name, time.Now())));

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.SecretRotate)]
    public override async Task<Proto.NewWebhookSecret> RotateWebhookSecret(
        Proto.RotateWebhookSecretRequest request, ServerCallContext context)
    {
        var (merchant, fields) = (FindMerchant(request.MerchantCode, context), new FieldCheck());
        var overlap = fields.CheckOverlap(request.HasOverlapSeconds ? request.OverlapSeconds : null);
        RpcErrors.ThrowIfAny(fields);
        var (secret, edit) = await commands.RotateSecret(context.GetCaller(), merchant.Code, overlap);
        return new() { Merchant = await ShowEdit(edit), Secret = secret };
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListMerchantsReply> List(
        Proto.ListMerchantsRequest request, ServerCallContext context)
    {
        var (only, query) = (context.GetCaller().WorksFor, MerchantQuery.FromRequest(request));
        var page = Page.Of(
            merchants.All.Where(one => (only is null || one.Code == only) && query.Has(one)), one => one.Code,
            request.PageSize, request.PageToken, ListName);
        var reply = new Proto.ListMerchantsReply { NextPageToken = page.Next };
        reply.Merchants.AddRange(await Task.WhenAll(page.Items.Select(ShowMerchant)));
        return reply;
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.MerchantLink> GetLink(Proto.GetLinkRequest request, ServerCallContext context) =>
        await ShowLink(FindMerchant(request.MerchantCode, context));

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.MerchantLink)]
    public override async Task<Proto.LinkMerchantReply> Link(
        Proto.LinkMerchantRequest request, ServerCallContext context)
    {
        var (caller, merchant) = (context.GetCaller(), FindMerchant(request.MerchantCode, context));
        var ask = ReadAsk(request, merchant, caller);
        if (!request.DryRun)
            await RecordCall(caller, AuditAction.MerchantLink, merchant, LinkMapping.NamesOf(request));
        var reply = await Failover.CallWithRetry(
            () => Account(merchant).TryLink(ask, request.DryRun), context.CancellationToken);
        if (!request.DryRun) RpcErrors.ThrowIfAny(reply.Refusal);
        return reply.ToMessage(merchant.Code);
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true, Action = AuditAction.MerchantUnlink)]
    public override async Task<Proto.MerchantLink> Unlink(
        Proto.UnlinkMerchantRequest request, ServerCallContext context)
    {
        var (caller, merchant) = (context.GetCaller(), FindMerchant(request.MerchantCode, context));
        await RecordCall(caller, AuditAction.MerchantUnlink, merchant);
        var reply = await Failover.CallWithRetry(
            () => Account(merchant).Unlink(caller.KeyId), context.CancellationToken);
        RpcErrors.ThrowIfAny(reply.Refusal);
        return reply.Link.ToMessage(merchant.Code);
    }

    /// <summary>Checks a request, and seals its keys before they leave this node.</summary>
    private LinkAccount ReadAsk(Proto.LinkMerchantRequest request, Merchant merchant, Caller caller)
    {
        var fields = new FieldCheck();
        if (merchant.Rules.Sandbox)
            fields.AddError("merchant_code", "is a sandbox merchant, whose readers are virtual");
        var key = fields.RequireApiKey(request.ApiKey);
        var affiliate = fields.CheckAffiliate(request.AffiliateAppId, request.AffiliateKey);
        var url = fields.CheckBaseUrl(
            request.BaseUrl, options.Value.Cloud.TestBase, mayChoose: caller.MerchantCode is null);
        var rate = fields.CheckBudget("requests_per_second", request.RequestsPerSecond, LinkFields.MaxRate);
        var burst = fields.CheckBudget("burst", request.Burst, LinkFields.MaxBurst);
        RpcErrors.ThrowIfAny(fields);
        return new(links.SealApiKey(merchant.Code, key), affiliate?.AppId,
            affiliate is { } given ? links.SealAffiliateKey(merchant.Code, given.Key) : null, url, rate, burst,
            caller.KeyId);
    }

    private async Task<Proto.Merchant> ShowMerchant(Merchant merchant)
    {
        var message = merchant.ToMessage();
        message.Link = await ShowLink(merchant);
        return message;
    }

    /// <summary>What became of a merchant; of a dry run what would be.</summary>
    /// <exception cref="RpcException">The change was refused.</exception>
    private Task<Proto.Merchant> ShowEdit(MerchantEdit edit, bool dryRun = false)
    {
        RpcErrors.ThrowIfAny(edit.Refusal);
        if (edit.Merchant is not { } record) throw RpcErrors.ToException(Refusal.NotFound);
        return dryRun
            ? Task.FromResult(Merchant.FromRecord(record, merchants.Egress, strict: false).ToMessage())
            : ShowMerchant(merchants.FindMerchant(record.Code) ?? throw RpcErrors.ToException(Refusal.NotFound));
    }

    private async Task<Proto.MerchantLink> ShowLink(Merchant merchant) =>
        (merchant.Rules.Sandbox ? new() { Source = LinkSource.None } : await Account(merchant).GetLink())
        .ToMessage(merchant.Code);

    /// <summary>The merchant that a request names, or that of the call; others do not exist for the caller.</summary>
    private Merchant FindMerchant(string named, ServerCallContext context)
    {
        var caller = context.GetCaller();
        if ((named.Length > 0 ? named : caller.WorksFor) is not { } code)
            throw RpcErrors.InvalidField("merchant_code", "is required");
        return (caller.MerchantCode is null || caller.MerchantCode == code) && merchants.FindMerchant(code) is { } found
            ? found
            : throw RpcErrors.ToException(Refusal.NotFound);
    }

    private ICloudAccountGrain Account(Merchant merchant) => grains.GetGrain<ICloudAccountGrain>(merchant.Code);

    /// <summary>The row is about the merchant, also when a key of the whole chain did it.</summary>
    private Task RecordCall(Caller caller, string action, Merchant merchant, string detail = "") =>
        audit.RecordCall(caller with { WorksFor = merchant.Code }, action, merchant.Code, detail);
}
