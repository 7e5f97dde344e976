using Fleet.Core.Checkouts;
using Fleet.Core.Stores;
using Fleet.Server.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Routes as gRPC callers send and receive them.</summary>
internal static class RouteMapping
{
    /// <summary>Reads a route; its errors are added to the check.</summary>
    public static RouteTerms ToOrder(this Proto.RouteRequest ask, FieldCheck fields)
    {
        if (ask.Store.Length > 0) fields.CheckStore("route.store", ask.Store);
        fields.CheckRange("route.queue_for", ask.QueueFor, 0, RouteTerms.MaxPatience);
        fields.CheckRange("route.min_battery", ask.MinBattery, 0, 100);
        if (ask.MinFirmware.Length > 0 && !Firmware.IsVersion(ask.MinFirmware))
            fields.AddError("route.min_firmware", "must be a version, as 3.3.40.3");
        var wish = new RouteWish
        {
            Tags = fields.CheckTags("route.tags", ask.Tags),
            Prefer = fields.CheckTags("route.prefer", ask.Prefer),
            Origin = fields.CheckTill("route.origin", ask.Origin),
            MinFirmware = ask.MinFirmware.Length > 0 ? ask.MinFirmware : null,
            MinBattery = ask.MinBattery,
            Tips = ask.Tips,
        };
        return new(ask.Store, wish, TimeSpan.FromSeconds(ask.QueueFor));
    }

    public static Proto.RouteRule ToMessage(this RouteRule rule) => rule switch
    {
        RouteRule.Named => Proto.RouteRule.Named,
        RouteRule.Sticky => Proto.RouteRule.Sticky,
        RouteRule.PreferredTag => Proto.RouteRule.PreferredTag,
        RouteRule.LeastRecentlyUsed => Proto.RouteRule.LeastRecentlyUsed,
        _ => Proto.RouteRule.OnlyOne,
    };
}
