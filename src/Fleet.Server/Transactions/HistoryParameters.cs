using System.Globalization;
using Fleet.Core;
using Fleet.Core.Transactions;
using Fleet.Server.Storage;

namespace Fleet.Server.Transactions;

/// <summary>
/// The query string of a history: what the page is to show, and what the next page's will be. Lists come as
/// <c>statuses[]=A&amp;statuses[]=B</c> or without the brackets; what SumUp does not describe is passed over.
/// </summary>
internal sealed class HistoryParameters
{
    private const int DefaultLimit = 10, MaxLimit = 1_000;
    private const string Ascending = "ascending", Descending = "descending";

    /// <summary>Refunds are the only other kind here; Fleet never hears of charge-backs.</summary>
    private const string ChargeBack = "CHARGE_BACK";

    /// <summary>All parameters, as the description lists them.</summary>
    public static readonly (string Name, string Description)[] Described =
    [
        ("transaction_code", "Only the transaction with this code, and its refunds."),
        ("order", $"{Ascending} (oldest first, the default) or {Descending}."),
        ("limit", $"Entries on a page: 1 to {MaxLimit}, default {DefaultLimit}."),
        ("users[]", "Fleet knows no users: any leaves nothing."),
        ("statuses[]", "SUCCESSFUL, FAILED, CANCELLED or REFUNDED."),
        ("payment_types[]", $"All payments are {TransactionWords.PaymentType}."),
        ("entry_modes[]", "CHIP, CONTACTLESS, MAGSTRIPE or MANUAL_ENTRY."),
        ("types[]", "PAYMENT or REFUND."),
        ("changes_since", "Only what happened or was refunded then or later."),
        ("newest_time", "Only what happened before this time."),
        ("newest_ref", "Only what comes before this item; wins over newest_time."),
        ("oldest_time", "Only what happened then or later."),
        ("oldest_ref", "Only what comes after this item; wins over oldest_time."),
    ];

    private readonly IQueryCollection _given;
    private readonly List<FieldError> _errors = [];

    private HistoryParameters(IQueryCollection given)
    {
        _given = given;
        var (oldest, newest) = (Reference("oldest_ref"), Reference("newest_ref"));
        var (from, until) = (Time("oldest_time"), Time("newest_time"));
        Query = new()
        {
            Limit = Limit(),
            Descending = IsDescending(),
            After = oldest ?? (from is { } first ? HistoryRef.Before(first) : Guid.Empty),
            Until = newest ?? (until is { } last ? HistoryRef.Before(last) : Guid.AllBitsSet),
            ChangedSince = Time("changes_since"),
            Code = Text("transaction_code"),
            Kinds = Words<HistoryKind>("types", ChargeBack),
            Statuses = Words<TransactionStatus>("statuses", ChargeBack, "PENDING"),
            EntryModes = Words<EntryMode>("entry_modes"),
        };
        // No payment here is anything but a reader's, and none is made by a user.
        MatchesNothing |= All("users").Count > 0;
        MatchesNothing |= All("payment_types") is { Count: > 0 } kinds && !kinds.Contains(TransactionWords.PaymentType);
    }

    public HistoryQuery Query { get; }

    /// <summary>Whether the filters leave nothing that Fleet could have.</summary>
    public bool MatchesNothing { get; private set; }

    /// <summary>Reads the query string; null, and what is wrong with which parameter, if it is.</summary>
    public static HistoryParameters? Read(IQueryCollection given, out IReadOnlyList<FieldError> errors)
    {
        var parameters = new HistoryParameters(given);
        errors = parameters._errors;
        return errors.Count == 0 ? parameters : null;
    }

    /// <summary>The link to what comes behind an entry: the same question, from there on.</summary>
    public HistoryLinkView LinkBehind(Guid last)
    {
        var place = Query.Descending ? "newest_ref" : "oldest_ref";
        var same = _given.Where(one => one.Key is not ("limit" or "order") && one.Key != place)
            .SelectMany(one => one.Value.Select(value => (one.Key, Value: value ?? "")));
        var query = same.Prepend(("limit", $"{Query.Limit}"))
            .Append((place, $"{last}")).Append(("order", Query.Descending ? Descending : Ascending));
        return new("next", string.Join('&', query.Select(one =>
            $"{Uri.EscapeDataString(one.Item1)}={Uri.EscapeDataString(one.Item2)}")));
    }

    private string? Text(string name) => _given[name] is [{ Length: > 0 } text] ? text : null;

    private List<string> All(string name) =>
        [.. _given[name + "[]"].Concat(_given[name]).OfType<string>().Where(value => value.Length > 0)];

    private int Limit()
    {
        if (!_given.ContainsKey("limit")) return DefaultLimit;
        var isNumber = int.TryParse(
            _given["limit"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit);
        if (isNumber && limit is >= 1 and <= MaxLimit) return limit;
        _errors.Add(new("limit", $"must be a number from 1 to {MaxLimit}"));
        return DefaultLimit;
    }

    private bool IsDescending()
    {
        if (Text("order") is null or Ascending or Descending) return Text("order") is Descending;
        _errors.Add(new("order", $"must be {Ascending} or {Descending}"));
        return false;
    }

    private Guid? Reference(string name)
    {
        if (Text(name) is not { } text) return null;
        if (Ids.IsUuid(text, out var place)) return place;
        _errors.Add(new(name, "must be the id of an item of a history"));
        return null;
    }

    private DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text) return null;
        // A plus that nobody escaped arrives as a space.
        if (DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return time;
        _errors.Add(new(name, "must be a time like 2026-03-01T09:00:00Z"));
        return null;
    }

    /// <summary>A filter's words; those that Fleet never has may stand beside others, or leave nothing.</summary>
    private List<T> Words<T>(string name, params string[] never) where T : struct, Enum
    {
        var given = All(name);
        var known = given.Select(word => SnakeCase.Member<T>(word.ToLowerInvariant())).OfType<T>()
            .Where(word => !never.Contains(word.ApiWord())).ToList();
        MatchesNothing |= given.Count > 0 && known.Count == 0;
        return known;
    }
}
