using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Incidents;
using Fleet.Server.Access;
using Fleet.Server.Incidents;
using Fleet.Server.Webhooks;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// Incidents over gRPC. A key of a merchant or of a store reaches those of its own; for it the others do not exist.
/// </summary>
internal sealed class IncidentsRpc(
    IIncidents incidents, IncidentQueue queue, WebhookCommands webhooks, AuditLog audit, TimeProvider time)
    : Proto.Incidents.IncidentsBase
{
    /// <summary>The name of the list in its tokens.</summary>
    private const string ListName = "incidents";

    /// <summary>Longest word that can be searched for.</summary>
    private const int MaxWord = 255;

    /// <summary>How often a change is tried again that others changed at the same time.</summary>
    private const int MaxTries = 5;

    [RequiredScope(Scopes.FleetRead, ForChain = true)]
    public override async Task<Proto.ListIncidentsReply> List(
        Proto.ListIncidentsRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.GetCaller(), new FieldCheck());
        var page = PageOf(request, caller, fields);
        RpcErrors.ThrowIfAny(fields);
        // what belongs to others does not exist for this caller
        if (caller.WorksFor is { } own && page.MerchantCode != own) return new();
        if (caller.Store is { } only && page.Store != only) return new();
        var found = await incidents.ListIncidents(page with { Limit = page.Limit + 1 }, context.CancellationToken);
        var reply = new Proto.ListIncidentsReply();
        reply.Incidents.AddRange(found.Take(page.Limit).Select(one => one.ToMessage()));
        if (found.Count > page.Limit) reply.NextPageToken = PageToken.Write(ListName, $"{found[page.Limit - 1].Id}");
        return reply;
    }

    [RequiredScope(Scopes.FleetRead, ForChain = true)]
    public override async Task<Proto.Incident> Get(Proto.GetIncidentRequest request, ServerCallContext context) =>
        (await Find(request.IncidentId, context)).ToMessage();

    [RequiredScope(Scopes.IncidentsWrite, ForChain = true, Action = AuditAction.IncidentAssign)]
    public override Task<Proto.Incident> Assign(Proto.AssignIncidentRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var owner = request.Owner.Length == 0 ? null
            : fields.RequireText("owner", request.Owner, IncidentRules.MaxOwner);
        RpcErrors.ThrowIfAny(fields);
        return Change(request.IncidentId, AuditAction.IncidentAssign, context,
            incident => IncidentRules.Assign(incident, owner));
    }

    [RequiredScope(Scopes.IncidentsWrite, ForChain = true, Action = AuditAction.IncidentNote)]
    public override Task<Proto.Incident> AddNote(Proto.AddNoteRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var text = fields.RequireText("text", request.Text, IncidentRules.MaxText);
        RpcErrors.ThrowIfAny(fields);
        var note = new IncidentNote(time.Now(), context.GetCaller().KeyName, text);
        return Change(request.IncidentId, AuditAction.IncidentNote, context,
            incident => IncidentRules.AddNote(incident, note));
    }

    [RequiredScope(Scopes.IncidentsWrite, ForChain = true, Action = AuditAction.IncidentResolve)]
    public override async Task<Proto.Incident> Resolve(
        Proto.ResolveIncidentRequest request, ServerCallContext context)
    {
        var fields = new FieldCheck();
        var resolution = fields.RequireText("resolution", request.Resolution, IncidentRules.MaxText);
        RpcErrors.ThrowIfAny(fields);
        var resolved = await Change(request.IncidentId, AuditAction.IncidentResolve, context,
            incident => IncidentRules.Resolve(incident, resolution, context.GetCaller().KeyName, time.Now()));
        queue.Wake();
        return resolved;
    }

    /// <summary>The operator's webhooks belong to no merchant: only keys of the whole chain reach them.</summary>
    [RequiredScope(Scopes.WebhooksWrite, ForChain = true, ChainOnly = true, Action = AuditAction.WebhookReplay)]
    public override Task<Proto.ReplayWebhooksReply> Retell(
        Proto.ReplayWebhooksRequest request, ServerCallContext context) => webhooks.ReplayDeliveries(
        context.GetCaller() with { WorksFor = null }, WebhookEvent.Operator, request, context.CancellationToken);

    /// <summary>
    /// Decides, writes the audit, and saves. When another change was saved meanwhile, it decides again; the audit row
    /// stays one.
    /// </summary>
    private async Task<Proto.Incident> Change(
        string id, string action, ServerCallContext context,
        Func<Incident, (Incident Next, Refusal? Refusal)> decide)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            var incident = await Find(id, context);
            var (next, refusal) = decide(incident);
            if (refusal is not null) throw RpcErrors.ToException(refusal);
            if (ReferenceEquals(next, incident)) return incident.ToMessage();
            var caller = context.GetCaller() with { WorksFor = incident.Subject.MerchantCode };
            if (tries == 0) await audit.RecordCall(caller, action, $"{incident.Id}", incident.Kind.ToWireName());
            if (await incidents.SaveIncident(next)) return next.ToMessage();
        }
        throw new LedgerUnavailableException("Others change the incident all the time.");
    }

    private async Task<Incident> Find(string text, ServerCallContext context)
    {
        var caller = context.GetCaller();
        return Ids.IsUuid(text, out var id)
            && await incidents.FindIncident(id, context.CancellationToken) is { } incident
            && incident.Subject.IsWithin(caller.WorksFor, caller.Store)
                ? incident
                : throw RpcErrors.ToException(Refusal.NotFound);
    }

    private static IncidentPage PageOf(Proto.ListIncidentsRequest request, Caller caller, FieldCheck fields)
    {
        var kind = request.Kind.Length == 0 ? null : SnakeCase.FindMember<IncidentKind>(request.Kind);
        if (request.Kind.Length > 0 && kind is null)
            fields.AddError("kind", "must be a kind of incident, like disputed_result");
        if (request.State is not ("" or "open" or "resolved")) fields.AddError("state", "must be open or resolved");
        return new(fields.PageSize(request.PageSize))
        {
            MerchantCode = Given("merchant_code", request.MerchantCode) ?? caller.WorksFor,
            Store = Given("store", request.Store) ?? caller.Store,
            Kind = kind,
            IsOpen = request.State.Length == 0 ? null : request.State == "open",
            Owner = Given("owner", request.Owner),
            Since = request.Since.Time("since", fields),
            Before = fields.CheckPageToken(request.PageToken, ListName, ReadPlace),
        };

        string? Given(string field, string text) => text.Length > 0 ? fields.CheckText(field, text, MaxWord) : null;
    }

    private static Guid? ReadPlace(string[] parts) => parts is [var id] ? PageToken.ReadId(id) : null;
}
