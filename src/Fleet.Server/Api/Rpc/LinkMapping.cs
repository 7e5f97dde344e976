using Fleet.Core;
using Fleet.Core.Cloud;
using Fleet.Server.Grains;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Links with SumUp as gRPC callers receive them.</summary>
internal static class LinkMapping
{
    public static Proto.LinkMerchantReply ToMessage(this LinkReply reply, string merchantCode)
    {
        var message = new Proto.LinkMerchantReply { Link = reply.Link.ToMessage(merchantCode) };
        message.Permissions.AddRange(reply.Permissions.Select(ToMessage));
        if (reply.Refusal is { } refusal) message.Refused = RpcErrors.ToMessage(refusal);
        return message;
    }

    public static Proto.MerchantLink ToMessage(this LinkView link, string merchantCode)
    {
        var message = new Proto.MerchantLink
        {
            MerchantCode = merchantCode,
            Kind = link.Source is LinkSource.None ? "device" : "sumup",
            Source = link.Source switch
            {
                LinkSource.Stored => "api",
                LinkSource.Configuration => "configuration",
                _ => "",
            },
            State = link.Source is LinkSource.None ? "" : link.State.ToWireName(),
            Fingerprint = link.Fingerprint,
            AffiliateAppId = link.AffiliateAppId,
            BaseUrl = link.BaseUrl,
            RequestsPerSecond = link.RequestsPerSecond,
            Burst = link.Burst,
            RequestsLeft = link.Left,
            RequestsWaiting = link.Waiting,
            LinkedAt = link.LinkedAt?.ToTimestamp(),
            LinkedBy = link.LinkedBy,
        };
        message.Permissions.AddRange(link.Permissions.Select(ToMessage));
        return message;
    }

    /// <summary>The fields that a request gives, for the audit.</summary>
    public static string NamesOf(Proto.LinkMerchantRequest request) => string.Join(' ',
        Proto.LinkMerchantRequest.Descriptor.Fields.InFieldNumberOrder()
        .Where(field => field.Name is not ("merchant_code" or "dry_run"))
        .Where(field => field.Accessor.GetValue(request) is not ("" or 0))
        .Select(field => field.Name));

    private static Proto.KeyPermission ToMessage(PermissionFinding permission) =>
        new() { Name = permission.Name, State = permission.State.ToWireName() };
}
