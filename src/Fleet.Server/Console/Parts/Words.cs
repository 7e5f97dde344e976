using System.Globalization;
using Fleet.Core;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Transactions;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Parts;

/// <summary>How pages write states and amounts.</summary>
public static class Words
{
    /// <summary>An amount, for example <c>15.00 EUR</c>; empty for none.</summary>
    public static string TextOf(Proto.Money? amount) => amount is null ? "" : TextOf(amount, amount.Value);

    /// <summary>Another amount of the same currency, in minor units.</summary>
    public static string TextOf(Proto.Money amount, long value) =>
        new Money(amount.Currency, amount.MinorUnit, 1).TextOf(value);

    /// <summary>How long something took.</summary>
    public static string DurationOf(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s"),
        { TotalSeconds: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s"),
        { TotalMinutes: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} days"),
    };

    /// <summary>The state of a reader, and the class that gives it its colour.</summary>
    public static (string Text, string Class) StateOf(Proto.Reader reader) => reader switch
    {
        { Pairing: "processing" } => ("pairing", "warn"),
        { Pairing: not "paired" } => ("pairing expired", "bad"),
        { Trouble: not null } => ("trouble", "bad"),
        { Checkout.State: Proto.State.Unknown } => ("unknown", "warn"),
        { Presence: Proto.Presence.Free } => ("free", "good"),
        { Presence: Proto.Presence.Busy } => ("busy", "busy"),
        { Presence: Proto.Presence.Offline } => ("offline", "off"),
        _ => ("not seen", "warn"),
    };

    /// <summary>The state of a checkout, and the class that gives it its colour.</summary>
    public static (string Text, string Class) StateOf(Proto.State state) => state switch
    {
        Proto.State.Accepted => ("accepted", "busy"),
        Proto.State.Started => ("started", "busy"),
        Proto.State.Successful => ("successful", "good"),
        Proto.State.Failed => ("failed", "bad"),
        Proto.State.Cancelled => ("cancelled", "off"),
        _ => ("unknown", "warn"),
    };

    /// <summary>A card as far as it may be shown; empty for none.</summary>
    internal static string CardOf(CardRead? card) => card is null
        ? ""
        : $"{card.Scheme} •••• {card.Last4}{(card.EntryMode is { } mode ? $", {mode.ToWireName()}" : "")}";

    /// <summary>The classes for the rights that the person does not have; they hide what needs them.</summary>
    public static string Lacking(PageRequest request, params (Scopes Scope, string Class)[] rights) =>
        string.Join(' ', rights.Where(one => !request.Can(one.Scope)).Select(one => one.Class));
}
