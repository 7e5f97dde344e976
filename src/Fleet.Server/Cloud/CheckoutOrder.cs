using System.Text.Json;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>Writes the request by which the cloud is asked to start a checkout.</summary>
internal static class CheckoutOrder
{
    /// <summary>The request.</summary>
    /// <param name="checkout">The checkout.</param>
    /// <param name="attempt">Its attempt, of which the cloud gets the reference.</param>
    /// <param name="link">The merchant's link with the cloud.</param>
    /// <param name="callback">Where the cloud reports the outcome; null for nowhere.</param>
    public static NewCloudCheckout Write(
        Checkout checkout, CloudAttempt attempt, CloudLink link, string? callback)
    {
        var terms = checkout.Terms;
        var hasTips = terms.TipRates.Count > 0;
        return new()
        {
            TotalAmount = new(terms.Charge.Currency, terms.Charge.MinorUnit, terms.Charge.Value),
            Affiliate = new()
            {
                AppId = link.AffiliateAppId,
                Key = link.AffiliateKey,
                ForeignTransactionId = attempt.ForeignId,
                Tags = ReadTags(terms.Affiliate?.Tags),
            },
            CardType = terms.CardType?.ToWireName(),
            Description = terms.Description,
            Installments = terms.Installments,
            ReturnUrl = callback,
            TipRates = hasTips ? terms.TipRates : null,
            TipTimeout = hasTips ? terms.TipTimeoutSeconds : null,
            Aade = terms.Aade is { } aade
                ? new() { ProviderId = aade.ProviderId, Signature = aade.Signature, SignatureData = aade.SignatureData }
                : null,
        };
    }

    /// <summary>The till's tags that are texts.</summary>
    private static Dictionary<string, string>? ReadTags(string? tags)
    {
        if (tags is null) return null;
        using var parsed = JsonDocument.Parse(tags);
        return parsed.RootElement.EnumerateObject().Where(tag => tag.Value.ValueKind is JsonValueKind.String)
            .DistinctBy(tag => tag.Name).ToDictionary(tag => tag.Name, tag => tag.Value.GetString() ?? "");
    }
}
