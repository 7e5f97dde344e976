using Orleans;

namespace Fleet.Core.Cloud;

/// <summary>What is known of one permission of a key of SumUp's.</summary>
public enum PermissionState
{
    /// <summary>Trying it would change something.</summary>
    NotTried,

    /// <summary>SumUp answered.</summary>
    Granted,

    /// <summary>SumUp refused.</summary>
    Missing,

    /// <summary>There was no answer that says it.</summary>
    Unreachable,
}

/// <summary>One permission of a key.</summary>
/// <param name="Name">SumUp's word for it, for example <c>readers.read</c>.</param>
/// <param name="State">What is known of it.</param>
[GenerateSerializer, Immutable, Alias("fleet.permission-finding")]
public sealed record PermissionFinding([property: Id(0)] string Name, [property: Id(1)] PermissionState State);

/// <summary>How SumUp answered one harmless read with a key that is tried.</summary>
/// <param name="Permission">What the read needs.</param>
/// <param name="Status">The status of HTTP; null when there is no answer that can be read.</param>
/// <param name="MerchantCode">The merchant that the answer names; null when it names none.</param>
public sealed record KeyRead(string Permission, int? Status, string? MerchantCode = null);

/// <summary>
/// The rules for a key of SumUp's that is tried before it is kept. Nothing is kept that could start a payment whose
/// outcome cannot be read.
/// </summary>
public static class LinkRules
{
    /// <summary>Reading the merchant's profile; without it everything works.</summary>
    public const string ProfileRead = "user.profile_readonly";

    /// <summary>Reading readers, and the checkouts on them.</summary>
    public const string ReadersRead = "readers.read";

    /// <summary>Reading transactions, by which a payment is found whose start was not answered.</summary>
    public const string HistoryRead = "transactions.history";

    /// <summary>Pairing readers and starting checkouts, and refunds.</summary>
    private static readonly string[] Effective = ["readers.write", "refunds.write"];

    /// <summary>What is known of each permission that Fleet uses.</summary>
    public static IReadOnlyList<PermissionFinding> ListPermissions(IReadOnlyList<KeyRead> reads) =>
    [
        .. reads.Select(read => new PermissionFinding(read.Permission, StateOf(read))),
        .. Effective.Select(name => new PermissionFinding(name, PermissionState.NotTried)),
    ];

    /// <summary>May a merchant be linked with a key? Null when it may, and else why not.</summary>
    /// <param name="reads">What was read with it.</param>
    /// <param name="merchantCode">The merchant.</param>
    public static Refusal? JudgeKey(IReadOnlyList<KeyRead> reads, string merchantCode)
    {
        if (reads.Any(read => read.MerchantCode is { } code && code != merchantCode))
            return WrongKey("is the key of another merchant");
        if (reads.All(read => StateOf(read) is PermissionState.Missing))
            return WrongKey("is not accepted by SumUp for this merchant");
        var needed = reads.Where(read => read.Permission != ProfileRead).ToList();
        var missing = needed.Where(read => StateOf(read) is PermissionState.Missing)
            .Select(read => new FieldError("api_key", $"lacks the permission {read.Permission}")).ToList();
        if (missing.Count > 0) return Refusal.InvalidFields(missing);
        return needed.TrueForAll(read => StateOf(read) is PermissionState.Granted) ? null : Refusal.ProviderUnavailable;
    }

    private static Refusal WrongKey(string why) => Refusal.InvalidFields([new("api_key", why)]);

    /// <summary>SumUp also answers that there is no such thing when a key does not reach it.</summary>
    private static PermissionState StateOf(KeyRead read) => read.Status switch
    {
        >= 200 and < 300 => PermissionState.Granted,
        401 or 403 or 404 => PermissionState.Missing,
        _ => PermissionState.Unreachable,
    };
}
