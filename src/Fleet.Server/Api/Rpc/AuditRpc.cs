using System.Globalization;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Server.Access;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>The audit over gRPC: merchants read the rows about them, the chain reads and verifies all.</summary>
internal sealed class AuditRpc(IAudit audit) : Proto.Audit.AuditBase
{
    private const char Between = '_';

    private static readonly ErrorEntry OnlyForChain =
        AccessErrors.Forbidden with { Sentence = "This is for keys of the whole chain." };

    /// <summary>Characters of a word that rows are looked for by.</summary>
    private const int MaxWord = 255;

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.ListAuditReply> List(Proto.ListAuditRequest request, ServerCallContext context)
    {
        var (caller, fields) = (context.GetCaller(), new FieldCheck());
        var page = PageOf(request, caller, fields);
        RpcErrors.ThrowIfAny(fields);
        if (caller.MerchantCode is { } own && page.MerchantCode != own) return new(); // what is beyond does not exist
        var found = await audit.ListRows(page with { Limit = page.Limit + 1 }, context.CancellationToken);
        var reply = new Proto.ListAuditReply();
        reply.Rows.AddRange(found.Take(page.Limit).Select(ToMessage));
        if (found.Count > page.Limit) reply.NextPageToken = Text(found[page.Limit - 1].Place);
        return reply;
    }

    [RequiredScope(Scopes.Admin, ForChain = true, WholeMerchant = true)]
    public override async Task<Proto.VerifyAuditReply> Verify(
        Proto.VerifyAuditRequest request, ServerCallContext context)
    {
        if (context.GetCaller().MerchantCode is not null) // its chains tell of all merchants
            throw RpcErrors.ToException(OnlyForChain);
        var fields = new FieldCheck();
        var place = fields.PageToken(request.PageToken, ReadTail);
        RpcErrors.ThrowIfAny(fields);
        var (rows, broken, problem, last) = await AuditWalk.VerifyRows(audit, place, context.CancellationToken);
        return new()
        {
            Rows = rows,
            Broken = broken is null ? null : new() { Chain = $"{broken.Chain}", Seq = broken.Seq, Problem = problem },
            NextPageToken = last is null ? "" : $"{last.Chain}{Between}{last.Seq}",
        };
    }

    private static AuditPage PageOf(Proto.ListAuditRequest request, Caller caller, FieldCheck fields)
    {
        var (from, to) = (request.From.Time("from", fields), request.To.Time("to", fields));
        if (from >= to) fields.AddError("from", "must be earlier than to");
        var below = AuditPlace.BeforeTime(to ?? DateTimeOffset.MaxValue);
        if (fields.PageToken(request.PageToken, ReadPlace) is { } after && after.At < below.At) below = after;
        return new(from ?? DateTimeOffset.MinValue, below, fields.PageSize(request.PageSize),
            Given("merchant_code", request.MerchantCode) ?? caller.MerchantCode,
            Given("action", request.Action), Given("key_id", request.KeyId));

        string? Given(string field, string text) => text.Length > 0 ? fields.CheckText(field, text, MaxWord) : null;
    }

    private static string Text(AuditPlace place) =>
        string.Join(Between, Microseconds.FromTime(place.At), place.Chain, place.Seq);

    private static AuditPlace? ReadPlace(string token) =>
        token.Split(Between) is [var time, var chain, var seq]
        && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
        && at < Microseconds.FromTime(DateTimeOffset.MaxValue)
        && ReadTail($"{chain}{Between}{seq}") is { } tail
            ? new(Microseconds.ToTime(at), tail.Chain, tail.Seq)
            : null;

    private static (Guid Chain, long Seq)? ReadTail(string token) =>
        token.Split(Between) is [var chain, var seq] && Ids.IsUuid(chain, out var id)
        && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
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
