using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Server.Access;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// The audit over gRPC: a merchant reads the rows about itself, keys of the whole chain read and verify all rows.
/// </summary>
internal sealed class AuditRpc(IAudit audit) : Proto.Audit.AuditBase
{
    /// <summary>The names of the lists in their tokens.</summary>
    private const string Rows = "audit", Chains = "audit-chains";

    private static readonly ErrorEntry OnlyForChain =
        AccessErrors.Forbidden with { Sentence = "This is for keys of the whole chain." };

    /// <summary>Longest word that can be searched for.</summary>
    private const int MaxWord = 255;

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListAuditReply> List(Proto.ListAuditRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.GetCaller(), new FieldCheck());
        var page = PageOf(request, caller, fields);
        RpcErrors.ThrowIfAny(fields);
        // rows of other merchants do not exist for this caller
        if (caller.MerchantCode is { } own && page.MerchantCode != own) return new();
        var found = await audit.ListRows(page with { Limit = page.Limit + 1 }, context.CancellationToken);
        var reply = new Proto.ListAuditReply();
        reply.Rows.AddRange(found.Take(page.Limit).Select(ToMessage));
        if (found.Count > page.Limit) reply.NextPageToken = PageToken.Write(Rows, PartsOf(found[page.Limit - 1].Place));
        return reply;
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.VerifyAuditReply> Verify(
        Proto.VerifyAuditRequest request, ServerCallContext context)
    {
        if (context.GetCaller().MerchantCode is not null) // chains hold rows of all merchants
            throw RpcErrors.ToException(OnlyForChain);
        var fields = new FieldCheck();
        var place = fields.CheckPageToken(request.PageToken, Chains, ReadTail);
        RpcErrors.ThrowIfAny(fields);
        var (rows, broken, problem, last) = await AuditWalk.VerifyRows(audit, place, context.CancellationToken);
        return new()
        {
            Rows = rows,
            Broken = broken is null ? null : new() { Chain = $"{broken.Chain}", Seq = broken.Seq, Problem = problem },
            NextPageToken = last is null ? "" : PageToken.Write(Chains, PartsOf(last.Place)[1..]),
        };
    }

    private static AuditPage PageOf(Proto.ListAuditRequest request, Caller caller, FieldCheck fields)
    {
        var (from, to) = (request.From.Time("from", fields), request.To.Time("to", fields));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = AuditPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        var after = fields.CheckPageToken(request.PageToken, Rows, ReadPlace);
        if (after?.At < below.At) below = after.Value;
        return new(from ?? DateTimeOffset.MinValue, below, fields.PageSize(request.PageSize),
            Given("merchant_code", request.MerchantCode) ?? caller.MerchantCode,
            Given("action", request.Action), Given("key_id", request.KeyId));

        string? Given(string field, string text) => text.Length > 0 ? fields.CheckText(field, text, MaxWord) : null;
    }

    private static string[] PartsOf(AuditPlace place) =>
        [PageToken.WriteTime(place.At), $"{place.Chain}", PageToken.WriteNumber(place.Seq)];

    private static AuditPlace? ReadPlace(string[] parts) =>
        parts is [var time, .. var rest] && PageToken.ReadTime(time) is { } at && ReadTail(rest) is { } tail
            ? new(at, tail.Chain, tail.Seq)
            : null;

    private static (Guid Chain, long Seq)? ReadTail(string[] parts) =>
        parts is [var chain, var seq] && PageToken.ReadId(chain) is { } id && PageToken.ReadNumber(seq) is { } number
            ? (id, number)
            : null;

    private static Proto.AuditRow ToMessage(AuditRow row) => new()
    {
        Chain = row.Chain.ToString(),
        Seq = row.Seq,
        At = Rfc3339.TextOf(row.At),
        Node = row.Node,
        KeyId = row.Note.KeyId,
        KeyName = row.Note.KeyName,
        MerchantCode = row.Note.MerchantCode,
        Action = row.Note.Action,
        Subject = row.Note.Subject,
        Detail = row.Note.Detail,
        RemoteAddress = row.Note.RemoteAddress,
        Prev = row.Prev,
        Hash = row.Hash,
    };
}
