using System.Text.Json.Serialization;
using Orleans;

namespace Fleet.Core.Checkouts;

/// <summary>Which kind of card the till wants (some countries need it).</summary>
public enum CardType
{
    Credit,
    Debit,
}

/// <summary>What a till asked for, checked: every rule of <see cref="CheckoutRequest.CheckFields"/> holds.</summary>
[GenerateSerializer, Immutable, Alias("fleet.terms")]
public sealed record CheckoutTerms
{
    /// <summary>
    /// The longest description that is sent to a device, in UTF-16 units, so that it fits into a frame.
    /// </summary>
    public const int MaxShown = 2_000;

    [Id(0)] public required Money Amount { get; init; }

    /// <summary>
    /// What is sold. It may be as long as a request may be: no sale is refused because its description is long.
    /// </summary>
    [Id(1)] public string? Description { get; init; }

    [Id(2)] public CardType? CardType { get; init; }

    /// <summary>1 to 12, where given.</summary>
    [Id(3)] public int? Installments { get; init; }

    /// <summary>Shares of the amount offered as a tip: 0.01 to 0.99, ascending; empty for no tip screen.</summary>
    [Id(4)] public IReadOnlyList<decimal> TipRates { get; init; } = [];

    /// <summary>Seconds the customer has to choose a tip: 30 to 120.</summary>
    [Id(5)] public int TipTimeoutSeconds { get; init; } = CheckoutRequest.DefaultTipTimeoutSeconds;

    /// <summary>Where the outcome is reported.</summary>
    [Id(6)] public string? ReturnUrl { get; init; }

    [Id(7)] public AffiliateTerms? Affiliate { get; init; }

    [Id(8)] public AadeTerms? Aade { get; init; }

    /// <summary>
    /// A tip in minor units that is charged on top of the amount, and that no customer chooses; null for none.
    /// </summary>
    [Id(9)] public long? FixedTip { get; init; }

    /// <summary>
    /// Whether <see cref="ReturnUrl"/> is the merchant's and not the till's: what the till asked for has none.
    /// </summary>
    [Id(10), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HasDefaultReturnUrl { get; init; }

    /// <summary>The caller's own id of the payment; null when Fleet makes it.</summary>
    [Id(11)] public string? CallersId { get; init; }

    /// <summary>Seconds after the acceptance in which the customer must have paid; null for no such limit.</summary>
    [Id(12)] public int? DeadlineSeconds { get; init; }

    /// <summary>The name of the till that asked, by which people find the payment; null when it gave none.</summary>
    [Id(13)] public string? Till { get; init; }

    /// <summary>What is charged at least: the amount and the fixed tip.</summary>
    public Money Charge => FixedTip is { } tip ? Amount with { Value = Amount.Value + tip } : Amount;

    /// <summary>The description for the device's screen: at most <see cref="MaxShown"/>, cut if it is longer.</summary>
    public string? ShortenDescription() => Description is null ? null : Characters.ShortenText(Description, MaxShown);

    /// <summary>
    /// Whether the customer can have chosen this tip: none, or the amount times one of the rates, rounded up or down to
    /// whole minor units. Devices round in different ways.
    /// </summary>
    /// <param name="tip">Minor units.</param>
    public bool AllowsTip(long tip) => tip == 0 || TipRates.Any(rate => Math.Abs(tip - (Amount.Value * rate)) < 1);

    /// <summary>
    /// What the till itself asked for, without what its merchant adds and without the till's name: by this a request is
    /// recognised when it comes again, also after the merchant was changed, or from another till.
    /// </summary>
    public CheckoutTerms AsAsked()
    {
        var asked = HasDefaultReturnUrl ? this with { ReturnUrl = null, HasDefaultReturnUrl = false } : this;
        return asked.Till is null ? asked : asked with { Till = null };
    }

    /// <summary>
    /// Whether a till asks for the same. Records compare lists by identity, so the list of rates is compared
    /// separately.
    /// </summary>
    public bool IsSameAs(CheckoutTerms other) =>
        TipRates.SequenceEqual(other.TipRates) && AsAsked() with { TipRates = other.TipRates } == other.AsAsked();
}

/// <summary>The integrator's own reference. Tags are kept as the JSON text in which they came.</summary>
[GenerateSerializer, Immutable, Alias("fleet.affiliate")]
public sealed record AffiliateTerms(
    [property: Id(0)] string AppId,
    [property: Id(1)] string Key,
    [property: Id(2)] string ForeignTransactionId,
    [property: Id(3)] string? Tags);

/// <summary>The signature that Greek tills send with a checkout (AADE 1155).</summary>
[GenerateSerializer, Immutable, Alias("fleet.aade")]
public sealed record AadeTerms(
    [property: Id(0)] string ProviderId,
    [property: Id(1)] string Signature,
    [property: Id(2)] string SignatureData);
