namespace Fleet.Core.Checkouts;

/// <summary>When a request that has an idempotency key is a repeat.</summary>
public static class IdempotencyRules
{
    /// <summary>Is a request the one that its key was used for? Null when it is, and else why not.</summary>
    /// <param name="used">The fingerprint of the request that the key was used for.</param>
    /// <param name="fingerprint">The fingerprint of this request.</param>
    public static Refusal? CheckRepeat(string used, string fingerprint) =>
        used == fingerprint ? null : Refusal.KeyReused;
}
