using System.Globalization;

namespace Fleet.Core.Errors;

/// <summary>
/// All errors that a caller can be told. REST, gRPC, the labels of metrics, the advice of the command line and
/// <c>docs/errors.md</c> are made of it, so that one error has one word everywhere.
/// </summary>
public static class ErrorCatalogue
{
    /// <summary>Stands for the id of a checkout in an advice, as in the help of the command line.</summary>
    public const string Checkout = "CHECKOUT";

    /// <summary>The errors by subject, in the order of the reference.</summary>
    public static IReadOnlyList<ErrorSection> Sections { get; } =
    [
        new("Requests", RequestErrors.All),
        new("Keys", AccessErrors.All),
        new("Checkouts", CheckoutErrors.All),
        new("Outcomes and refunds", OutcomeErrors.All),
        new("Pairing", PairingErrors.All),
        new("Stores and routing", StoreErrors.All),
        new("Incidents", IncidentErrors.All),
        new("Merchants", MerchantErrors.All),
        new("Settings of readers", SettingsErrors.All),
        new("Tests", TestErrors.All),
        new("Faults", FaultErrors.All),
    ];

    private static readonly Dictionary<string, ErrorEntry> ByCode =
        Sections.SelectMany(section => section.Entries).ToDictionary(entry => entry.Code);

    private static readonly Dictionary<RefusalCode, ErrorEntry> ByRefusal = ByCode.Values
        .Where(entry => entry.Refusal is not null)
        .ToDictionary(entry => entry.Refusal.GetValueOrDefault());

    /// <summary>All errors.</summary>
    public static IEnumerable<ErrorEntry> All => ByCode.Values;

    /// <summary>The error of a refusal; an internal error for a code that only a newer version knows.</summary>
    public static ErrorEntry Of(RefusalCode code) => ByRefusal.GetValueOrDefault(code, FaultErrors.InternalError);

    /// <summary>The error with a public word; null when there is none, as for the word of another version.</summary>
    public static ErrorEntry? Find(string code) => ByCode.GetValueOrDefault(code);

    /// <summary>The error of a refusal, with its sentence completed by what the refusal names.</summary>
    public static ErrorEntry Of(Refusal refusal)
    {
        var entry = Of(refusal.Code);
        return refusal.Code switch
        {
            RefusalCode.Invalid => entry with { Sentence = Sentence(refusal.Fields ?? []) },
            RefusalCode.DuplicateTransaction when refusal.Holder is
            { State: Checkouts.CheckoutState.Failed or Checkouts.CheckoutState.Cancelled } =>
                entry with { Sentence = CheckoutErrors.DoubtfulSale },
            RefusalCode.NoFreeReader => entry.With("busy", Text(refusal.Counts?.Busy))
                .With("offline", Text(refusal.Counts?.Offline)),
            RefusalCode.DeviceConnected or RefusalCode.DeviceHasCheckout => entry.With("reader", Name(refusal)),
            RefusalCode.DeviceJustGone => entry.With("seconds", Text(Seconds(refusal))).With("reader", Name(refusal)),
            RefusalCode.ProviderRefused => entry.With("why", refusal.Why ?? "it did not say why"),
            RefusalCode.TestRefused => entry.With("why", refusal.Why ?? ""),
            RefusalCode.CurrencyNotTaken => entry.With("currency", refusal.Why ?? "another currency"),
            RefusalCode.AmountOverLimit => entry.With("amount", refusal.Why ?? "less"),
            _ => entry,
        };
    }

    /// <summary>What is wrong with which field, as a sentence.</summary>
    public static string Sentence(IReadOnlyList<FieldError> fields) =>
        string.Join("; ", fields.Select(error => $"{error.Field} {error.Message}")) + ".";

    /// <summary>The reader is named only to those whose key reaches it.</summary>
    private static string Name(Refusal refusal) =>
        refusal.Reader is { } reader ? $"reader \"{reader.Name}\"" : "a reader";

    private static int Seconds(Refusal refusal) =>
        (int)Math.Ceiling((refusal.Wait ?? Readers.PairingRules.GoneFor).TotalSeconds);

    private static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}

/// <summary>The errors of one subject.</summary>
/// <param name="Title">The subject.</param>
/// <param name="Entries">Its errors, in the order of the reference.</param>
public sealed record ErrorSection(string Title, IReadOnlyList<ErrorEntry> Entries);
