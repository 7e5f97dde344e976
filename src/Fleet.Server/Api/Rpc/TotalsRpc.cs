using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Access;
using Fleet.Server.Checkouts;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Totals over gRPC.</summary>
internal sealed class TotalsRpc(ITotals totals, TotalsRebuild rebuild, AuditLog audit, TimeProvider time)
    : Proto.Totals.TotalsBase
{
    /// <summary>Days of one request.</summary>
    public const int MaxDays = 3_660;

    private const string Rows = "totals", DayRule = "must be a day like 2026-11-28";

    [RequiredScope(Scopes.TransactionsRead, WholeMerchant = true)]
    public override async Task<Proto.ListTotalsReply> List(Proto.ListTotalsRequest request, ServerCallContext context)
    {
        var (merchant, cancel) = (context.GetMerchant().Code, context.CancellationToken);
        var query = ReadQuery(request);
        var found = await totals.ListTotals(merchant, query with { Limit = query.Limit + 1 }, cancel);
        var reply = new Proto.ListTotalsReply
        {
            ComparedAt = (await totals.FindCompared(merchant, cancel))?.ToTimestamp(),
        };
        reply.Rows.AddRange(found.Take(query.Limit).Select(ToMessage));
        if (found.Count > query.Limit)
            reply.NextPageToken = PageToken.Write(Rows, PlaceOf(found[query.Limit - 1]));
        return reply;
    }

    /// <summary>Changes no payment, but what others are told of them.</summary>
    [RequiredScope(Scopes.Admin, WholeMerchant = true, Action = AuditAction.TotalsRebuild)]
    public override async Task<Proto.RebuildTotalsReply> Rebuild(
        Proto.RebuildTotalsRequest request, ServerCallContext context)
    {
        var day = CloudDay.Parse(request.Day)?.Date ?? throw RpcErrors.InvalidField("day", DayRule);
        await audit.RecordCall(context.GetMerchant().Caller, AuditAction.TotalsRebuild, request.Day);
        var done = await rebuild.RebuildDay(context.GetMerchant().Code, day, context.CancellationToken);
        var reply = new Proto.RebuildTotalsReply
        {
            Agreed = done.Found.Keys.Count() - done.Found.Missing.Count,
            Proved = done.Agrees,
            EarlierDay = done.Earlier is { } earlier ? $"{new CloudDay(earlier)}" : "",
        };
        reply.Differences.AddRange(done.Found.Missing.Keys
            .OrderBy(key => (key.Store, key.Currency, key.Kind)).Select(key => new Proto.TotalDifference
            {
                Was = ToMessage(ToLine(key, done.Found.Stored.GetValueOrDefault(key))),
                Ledger = ToMessage(ToLine(key, done.Found.Ledger.GetValueOrDefault(key))),
            }));
        return reply;
    }

    private TotalsQuery ReadQuery(Proto.ListTotalsRequest request)
    {
        var fields = new FieldCheck();
        var (from, to) = (CheckDay("from", request.From, fields), CheckDay("to", request.To, fields));
        if (from > to) fields.AddError("from", "must not be later than to");
        if (to.DayNumber - from.DayNumber >= MaxDays)
            fields.AddError("from", $"must be less than {MaxDays} days before to");
        var size = fields.PageSize(request.PageSize);
        var after = fields.CheckPageToken(request.PageToken, Rows, ReadPlace)?.Line;
        var store = request.Store.Length > 0
            ? fields.CheckText("store", request.Store, CheckoutRequest.MaxReference)
            : null;
        RpcErrors.ThrowIfAny(fields);
        return new(from, to, store, request.ByStore, ByDay: !request.WholePeriod, after, size);
    }

    private DateOnly CheckDay(string field, string text, FieldCheck fields)
    {
        if (text.Length == 0) return DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        if (CloudDay.Parse(text) is { } day) return day.Date;
        fields.AddError(field, DayRule);
        return default;
    }

    private static string[] PlaceOf(TotalLine line) => [line.Day, line.Store, line.Currency, line.Kind];

    private static Place? ReadPlace(string[] parts) =>
        parts is [var day, var store, var currency, var kind] ? new(new(day, store, currency, kind, default)) : null;

    private static TotalLine ToLine(TotalKey key, TotalSum sum) =>
        new($"{new CloudDay(key.Day)}", key.Store, key.Currency, key.Kind.ToWireName(), sum);

    private static Proto.Total ToMessage(TotalLine line) => new()
    {
        Day = line.Day,
        Store = line.Store,
        Currency = line.Currency,
        MinorUnit = Currencies.MinorUnitOf(line.Currency) ?? 0,
        Kind = line.Kind,
        Count = line.Sum.Count,
        Amount = line.Sum.Amount,
        Tips = line.Sum.Tips,
    };

    private readonly record struct Place(TotalLine Line);
}
