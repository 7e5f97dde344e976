namespace Fleet.Core.Checkouts;

/// <summary>When a request that has an idempotency key, or an id of its own, is a repeat.</summary>
public static class IdempotencyRules
{
    /// <summary>Is a request the one that its key was used for? Null when it is, and else why not.</summary>
    /// <param name="used">The fingerprint of the request that the key was used for.</param>
    /// <param name="fingerprint">The fingerprint of this request.</param>
    public static Refusal? CheckRepeat(string used, string fingerprint) =>
        used == fingerprint ? null : Refusal.KeyReused;

    /// <summary>
    /// Does a request with the caller's own id of a payment mean the checkout that has this id? Null when it does, and
    /// else why not.
    /// </summary>
    /// <param name="caller">What the caller's key reaches.</param>
    /// <param name="readerId">The reader that the request names.</param>
    /// <param name="terms">What the request asks for.</param>
    /// <param name="known">The checkout.</param>
    public static Refusal? CheckSame(Reach caller, string readerId, CheckoutTerms terms, Checkout known) =>
        caller.CoversCheckout(known) && known.ReaderId == readerId && known.Terms.IsSameAs(terms)
            ? null
            : Refusal.CallersIdReused;
}
