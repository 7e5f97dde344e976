using System.Globalization;
using Fleet.Core.Checkouts;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Parts;

/// <summary>How pages write states and amounts.</summary>
public static class Words
{
    /// <summary>An amount, for example <c>15.00 EUR</c>; empty for none.</summary>
    public static string TextOf(Proto.Money? amount) => amount is null ? "" : TextOf(amount, amount.Value);

    /// <summary>Another amount of the same currency, in minor units.</summary>
    public static string TextOf(Proto.Money amount, long value) =>
        $"{new Money(amount.Currency, amount.MinorUnit, 1).Major(value).ToString(CultureInfo.InvariantCulture)} "
        + amount.Currency;

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
}
