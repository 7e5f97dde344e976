using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Fleet.Server.Checkouts;

namespace Fleet.Server.Api.Rest;

/// <summary>
/// The query string of a history: the filters of this page, and the link to the next page. Lists come as
/// <c>statuses[]=A&amp;statuses[]=B</c>, without the brackets, or numbered as PHP does. A parameter that SumUp does not
/// describe is ignored. A described one is read or refused, because a caller would trust the answer of a filter that
/// was silently ignored.
/// </summary>
internal sealed partial class HistoryParameters
{
    private const int DefaultLimit = 10, MaxLimit = 1_000;
    private const string Ascending = "ascending", Descending = "descending";

    /// <summary>All parameters, as the description lists them.</summary>
    public static readonly (string Name, string Description)[] Described =
    [
        ("transaction_code", "Only the transaction with this code, and its refunds."),
        ("order", $"{Ascending} (oldest first, the default) or {Descending}."),
        ("limit", $"Entries on a page, default {DefaultLimit}; more than {MaxLimit} are given as {MaxLimit}."),
        ("users[]", "Fleet knows no users: with any value the list is empty."),
        ("statuses[]", "SUCCESSFUL, FAILED, CANCELLED or REFUNDED."),
        ("payment_types[]", $"All payments are {TransactionWords.PaymentType}."),
        ("entry_modes[]", "CHIP, CONTACTLESS, MAGSTRIPE or MANUAL_ENTRY."),
        ("types[]", "PAYMENT or REFUND."),
        ("changes_since", "Only what happened or was refunded then or later."),
        ("newest_time", "Only what happened before this time."),
        ("newest_ref", "Only what comes before this item; wins over newest_time."),
        ("oldest_time", "Only what happened then or later."),
        ("oldest_ref", "Only what comes after this item; wins over oldest_time."),
        ("till", "Only payments of the till with exactly this name, and their refunds. Fleet's own."),
    ];

    private readonly IQueryCollection _given;
    private readonly FieldCheck _fields = new();

    private HistoryParameters(IQueryCollection given)
    {
        _given = given;
        var (oldest, newest) = (ReadReference("oldest_ref"), ReadReference("newest_ref"));
        var (from, until) = (Time("oldest_time"), Time("newest_time"));
        Query = new()
        {
            Limit = ReadLimit(),
            Descending = IsDescending(),
            After = oldest ?? (from is { } first ? HistoryKey.BeforeTime(first) : Guid.Empty),
            Until = newest ?? (until is { } last ? HistoryKey.BeforeTime(last) : Guid.AllBitsSet),
            ChangedSince = Time("changes_since"),
            Code = ReadText("transaction_code"),
            Till = _fields.CheckTill("till", ReadText("till")),
            Kinds = ToMembers<HistoryKind>(ReadWords("types", TransactionWords.Types)),
            Statuses = ToMembers(ReadWords("statuses", TransactionWords.Statuses), never: TransactionStatus.Pending),
            EntryModes = ToMembers<EntryMode>(ReadWords("entry_modes", TransactionWords.EntryModes)),
        };
        // In Fleet every payment is made on a reader, none is made by a user, and none is listed before it has ended.
        MatchesNothing |= ReadAll("users").Count > 0;
        MatchesNothing |= ReadWords("payment_types", TransactionWords.PaymentTypes) is { Count: > 0 } types
            && !types.Contains(TransactionWords.PaymentType);
        MatchesNothing |= Query.Code is { } code && !Transaction.IsCode(code);
    }

    public HistoryQuery Query { get; }

    /// <summary>Whether the filters can match nothing in Fleet.</summary>
    public bool MatchesNothing { get; private set; }

    /// <summary>Reads the query string; null, with the wrong parameters in the list, when it is wrong.</summary>
    public static HistoryParameters? ReadQuery(IQueryCollection given, out IReadOnlyList<FieldError> errors)
    {
        var parameters = new HistoryParameters(given);
        errors = parameters._fields.Errors;
        return errors.Count == 0 ? parameters : null;
    }

    /// <summary>The link to the page after an entry: the same filters, from there on.</summary>
    public HistoryLinkView LinkBehind(Guid last)
    {
        var place = Query.Descending ? "newest_ref" : "oldest_ref";
        string[] own = ["limit", "order", place];
        var same = _given.Where(one => !own.Contains(one.Key, StringComparer.OrdinalIgnoreCase))
            .SelectMany(one => one.Value.Select(value => (one.Key, Value: value ?? "")));
        var query = same.Prepend(("limit", $"{Query.Limit}"))
            .Append((place, $"{last}")).Append(("order", Query.Descending ? Descending : Ascending));
        return new("next", string.Join('&', query.Select(one =>
            $"{Uri.EscapeDataString(one.Item1)}={Uri.EscapeDataString(one.Item2)}")));
    }

    /// <summary>A parameter with one value; with two values it would not be clear which is meant.</summary>
    private string? ReadText(string name)
    {
        var values = _given[name];
        if (values.Count > 1) _fields.AddError(name, "is given more than once");
        return values is [{ Length: > 0 } text] ? text : null;
    }

    private List<string> ReadAll(string name) => [.. _given
        .Where(one => one.Key.StartsWith(name, StringComparison.OrdinalIgnoreCase)
            && Brackets().IsMatch(one.Key[name.Length..]))
        .SelectMany(one => one.Value).OfType<string>().Where(value => value.Length > 0)];

    private int ReadLimit()
    {
        if (ReadText("limit") is not { } text) return DefaultLimit;
        var isNumber = BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit);
        if (isNumber && limit >= 1) return (int)BigInteger.Min(limit, MaxLimit);
        _fields.AddError("limit", "must be a number from 1");
        return DefaultLimit;
    }

    private bool IsDescending()
    {
        var order = ReadText("order");
        if (order is not (null or Ascending or Descending))
            _fields.AddError("order", $"must be {Ascending} or {Descending}");
        return order is Descending;
    }

    private Guid? ReadReference(string name)
    {
        if (ReadText(name) is not { } text) return null;
        if (Ids.IsUuid(text, out var place)) return place;
        _fields.AddError(name, "must be the id of an item of a history");
        return null;
    }

    private DateTimeOffset? Time(string name) =>
        ReadText(name) is { } text ? _fields.CheckTime(name, RequestTime.Read(text)) : null;

    /// <summary>The words of a filter, in capitals; a word that SumUp does not know is refused.</summary>
    private List<string> ReadWords(string name, IReadOnlyCollection<string> known)
    {
        var given = ReadAll(name).ConvertAll(word => word.ToUpperInvariant());
        if (!given.TrueForAll(known.Contains))
            _fields.AddError($"{name}[]", $"must be one of {string.Join(", ", known)}");
        return given;
    }

    /// <summary>
    /// The words of a filter that Fleet can have. Words in the second list are accepted and match nothing.
    /// </summary>
    private List<T> ToMembers<T>(List<string> given, params T[] never) where T : struct, Enum
    {
        var members = given.ConvertAll(word => SnakeCase.FindMember<T>(word.ToLowerInvariant())).OfType<T>()
            .Except(never).ToList();
        MatchesNothing |= given.Count > 0 && members.Count == 0;
        return members;
    }

    [GeneratedRegex(@"^(\[\d*\])*$")]
    private static partial Regex Brackets();
}
