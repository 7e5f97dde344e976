using Fleet.Server.Console.History;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Console.Search;

/// <summary>What was found.</summary>
/// <param name="Text">What was searched.</param>
/// <param name="MerchantCode">The merchant; empty when several were searched.</param>
/// <param name="Hits">What was found, by kinds.</param>
/// <param name="Payments">Payments that fit an amount or a card.</param>
/// <param name="Notes">How far the search went.</param>
/// <param name="Merchants">Merchants to choose from; nothing when one was searched.</param>
public sealed record SearchView(
    string Text, string MerchantCode, IReadOnlyList<SearchHit> Hits, IReadOnlyList<PaymentRow> Payments,
    IReadOnlyList<string> Notes, IReadOnlyList<Proto.Merchant> Merchants)
{
    /// <summary>The page of the only thing that was found; null when nothing or more was found.</summary>
    internal string? Only => (Hits, Payments) switch
    {
        ([var hit], []) => hit.To,
        ([], [var payment, ..]) when Payments.All(one => one.CheckoutId == payment.CheckoutId) =>
            $"m/{MerchantCode}/checkouts/{payment.CheckoutId}",
        _ => null,
    };
}

/// <summary>Something that was found.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="To">Its page.</param>
/// <param name="Name">Its name, or its id.</param>
/// <param name="More">What else is known of it.</param>
/// <param name="State">Its state; empty for none.</param>
/// <param name="Tone">The class of its colour.</param>
public sealed record SearchHit(
    string Kind, string To, string Name, string More, string State = "", string Tone = "off");
