using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
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
    MerchantDirectory merchants, IGrainFactory grains, CloudLinks links, AuditLog audit, IOptions<FleetOptions> options)
    : Proto.Merchants.MerchantsBase
{
    /// <summary>The name of the list in its tokens.</summary>
    private const string ListName = "merchants";

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListMerchantsReply> List(
        Proto.ListMerchantsRequest request, ServerCallContext context)
    {
        var only = context.GetCaller().WorksFor;
        var page = Page.Of(merchants.Codes.Where(code => only is null || code == only), code => code,
            request.PageSize, request.PageToken, ListName);
        var reply = new Proto.ListMerchantsReply { NextPageToken = page.Next };
        reply.Merchants.AddRange(await Task.WhenAll(
            page.Items.Select(merchants.FindMerchant).OfType<Merchant>().Select(ShowMerchant)));
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

    private async Task<Proto.Merchant> ShowMerchant(Merchant merchant) => new()
    {
        MerchantCode = merchant.Code,
        Name = merchant.Profile.Name ?? "",
        Sandbox = merchant.Rules.Sandbox,
        Link = await ShowLink(merchant),
    };

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
