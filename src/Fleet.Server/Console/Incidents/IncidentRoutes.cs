using Fleet.Core;
using Fleet.Protocol.V1;
using Fleet.Server.Api.Rpc;
using IncidentKind = Fleet.Core.Incidents.IncidentKind;

namespace Fleet.Server.Console.Incidents;

/// <summary>What a person must look at: unknown and disputed payments, readers that are stuck, and the like.</summary>
internal static class IncidentRoutes
{
    private const int PageSize = 50;

    public static void Map(ConsoleRoutes routes)
    {
        routes.MapPage<IncidentsPage, IncidentsView>("incidents", ReadList);
        routes.MapPage<IncidentPage, IncidentView>("incidents/{incident_id}", async page => new(await Find(page)));
        routes.MapAction("incidents/{incident_id}/assign", page => Change(page, id => page.Api.Call(
            page.Api.Of<IncidentsRpc>().Assign,
            new AssignIncidentRequest { IncidentId = id, Owner = page.Form("owner") })));
        routes.MapAction("incidents/{incident_id}/notes", page => Change(page, id => page.Api.Call(
            page.Api.Of<IncidentsRpc>().AddNote, new AddNoteRequest { IncidentId = id, Text = page.Form("text") })));
        routes.MapAction("incidents/{incident_id}/resolve", page => Change(page, id => page.Api.Call(
            page.Api.Of<IncidentsRpc>().Resolve,
            new ResolveIncidentRequest { IncidentId = id, Resolution = page.Form("resolution") })));
    }

    private static async Task<IncidentsView> ReadList(PageRequest page) => new(await page.Api.Call(
        page.Api.Of<IncidentsRpc>().List,
        new ListIncidentsRequest
        {
            State = page.Query("state") is { Length: > 0 } state ? state == "all" ? "" : state : "open",
            Kind = page.Query("kind"),
            MerchantCode = page.Query("merchant"),
            Store = page.Query("store"),
            Owner = page.Query("owner"),
            PageSize = PageSize,
            PageToken = page.Query("page_token"),
        }));

    private static Task<Incident> Find(PageRequest page) => page.Api.Call(
        page.Api.Of<IncidentsRpc>().Get, new GetIncidentRequest { IncidentId = page.Route("incident_id") });

    private static async Task<string> Change(PageRequest page, Func<string, Task<Incident>> change) =>
        $"incidents/{(await change(page.Route("incident_id"))).IncidentId}";
}

/// <summary>A page of the list.</summary>
public sealed record IncidentsView(ListIncidentsReply List)
{
    /// <summary>The kinds that the filter offers.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [.. Enum.GetValues<IncidentKind>().Select(kind => kind.ToWireName())];
}

/// <summary>One incident.</summary>
public sealed record IncidentView(Incident Incident)
{
    /// <summary>Whether it can still be assigned and resolved.</summary>
    public bool IsOpen => Incident.State == "open";
}
