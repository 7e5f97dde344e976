using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Core.Transactions;
using Fleet.Server.Api.Rpc;
using Fleet.Server.Checkouts;
using Fleet.Server.Console.Parts;

namespace Fleet.Server.Console.History;

/// <summary>The filters of the list of payments, as the address of the page has them.</summary>
internal sealed record HistoryFilters
{
    /// <summary>Days that are shown when the address names none.</summary>
    private const int UsualDays = 7;

    /// <summary>Years between which there can be payments.</summary>
    private const int FirstYear = 2000, LastYear = 2200;

    public required DateOnly From { get; init; }

    public required DateOnly To { get; init; }

    public required HistoryQuery Query { get; init; }

    public string Store { get; init; } = "";

    private decimal? Least { get; init; }

    private decimal? Most { get; init; }

    private string Reader { get; init; } = "";

    private string Last4 { get; init; } = "";

    /// <summary>Which entries fit; null when the query alone decides.</summary>
    public Func<HistoryEntry, bool>? Fits =>
        Least is null && Most is null && Store.Length + Reader.Length + Last4.Length == 0 ? null : FitsAll;

    /// <summary>Reads them.</summary>
    /// <exception cref="Grpc.Core.RpcException">One of them is wrong.</exception>
    public static HistoryFilters Read(PageRequest page, DateOnly today, int limit)
    {
        var fields = new FieldCheck();
        var to = ReadDay(page, "to", fields) ?? today;
        var from = ReadDay(page, "from", fields) ?? to.AddDays(1 - UsualDays);
        if (from > to) fields.AddError("from", "must not be later than to");
        var filters = new HistoryFilters
        {
            From = from,
            To = to,
            Least = ReadAmount(page, "least", fields),
            Most = ReadAmount(page, "most", fields),
            Store = page.Query("store"),
            Reader = page.Query("reader"),
            Last4 = page.Query("card"),
            Query = new()
            {
                Limit = limit,
                Descending = true,
                After = HistoryKey.BeforeTime(BeginningOf(from)),
                Until = ReadPlace(page, fields) ?? HistoryKey.BeforeTime(BeginningOf(to.AddDays(1))),
                Till = fields.CheckTill("till", page.Query("till")),
                Kinds = ReadWord<HistoryKind>(page, "kind", fields),
                Statuses = ReadWord<TransactionStatus>(page, "status", fields),
            },
        };
        RpcErrors.ThrowIfAny(fields);
        return filters;
    }

    private bool FitsAll(HistoryEntry entry)
    {
        var checkout = entry.Checkout;
        var amount = checkout.Terms.Amount.Major(entry.Refund?.Amount ?? checkout.TotalAmount());
        return (Least is null || amount >= Least) && (Most is null || amount <= Most)
            && (Store.Length == 0 || checkout.Store == Store)
            && (Reader.Length == 0 || checkout.ReaderId == Reader || checkout.Serial == Reader)
            && (Last4.Length == 0 || checkout.Card?.Last4 == Last4);
    }

    private static DateTimeOffset BeginningOf(DateOnly day) => new(day, default, TimeSpan.Zero);

    private static DateOnly? ReadDay(PageRequest page, string name, FieldCheck fields)
    {
        if (page.Query(name) is not { Length: > 0 } text) return null;
        if (CloudDay.Parse(text)?.Date is { Year: > FirstYear and < LastYear } day) return day;
        fields.AddError(name, "must be a day like 2026-11-28");
        return null;
    }

    private static decimal? ReadAmount(PageRequest page, string name, FieldCheck fields)
    {
        if (page.Query(name) is not { Length: > 0 } text) return null;
        var amount = AmountText.Read(text);
        if (amount is null) fields.AddError(name, "must be an amount like 12.50");
        return amount;
    }

    private static Guid? ReadPlace(PageRequest page, FieldCheck fields)
    {
        if (page.Query("before") is not { Length: > 0 } text) return null;
        if (Ids.IsUuid(text, out var place)) return place;
        fields.AddError("before", "must be the place of an entry");
        return null;
    }

    private static List<T> ReadWord<T>(PageRequest page, string name, FieldCheck fields) where T : struct, Enum
    {
        if (page.Query(name) is not { Length: > 0 } text) return [];
        if (SnakeCase.FindMember<T>(text) is { } member) return [member];
        var words = Enum.GetValues<T>().Select(one => one.ToWireName());
        fields.AddError(name, $"must be one of {string.Join(", ", words)}");
        return [];
    }
}
