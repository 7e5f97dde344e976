namespace Fleet.Server.Cloud;

/// <summary>A checkout to be created, with the members of the cloud's request.</summary>
internal sealed class NewCloudCheckout
{
    public required WireMoney TotalAmount { get; init; }
    public NewCloudAffiliate? Affiliate { get; init; }
    public string? CardType { get; init; }
    public string? Description { get; init; }
    public int? Installments { get; init; }
    public string? ReturnUrl { get; init; }
    public IReadOnlyList<decimal>? TipRates { get; init; }
    public int? TipTimeout { get; init; }
    public NewCloudAade? Aade { get; init; }
}

/// <summary>An amount in the smallest units of its currency.</summary>
/// <param name="Currency">Three letters of ISO 4217.</param>
/// <param name="MinorUnit">The decimals of the currency.</param>
/// <param name="Value">The number of smallest units.</param>
internal sealed record WireMoney(string Currency, int MinorUnit, long Value);

/// <summary>The integrator's application; a class, so that its key is in no text of it.</summary>
internal sealed class NewCloudAffiliate
{
    public required string AppId { get; init; }
    public required string Key { get; init; }
    public required string ForeignTransactionId { get; init; }
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}

/// <summary>What Greece's tax authority demands.</summary>
internal sealed class NewCloudAade
{
    public required string ProviderId { get; init; }
    public required string Signature { get; init; }
    public required string SignatureData { get; init; }
}

/// <summary>A reader to be paired; a class, so that its pairing code is in no text of it.</summary>
internal sealed class NewCloudReader
{
    public required string PairingCode { get; init; }
    public required string Name { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

/// <summary>Settings of a reader to be changed; classes, so that the passcode is in no text of them.</summary>
internal sealed class NewCloudSettings
{
    public required NewCloudMenuLock MenuLock { get; init; }
}

/// <summary>The menu lock; what is null is not sent.</summary>
internal sealed class NewCloudMenuLock
{
    public bool? Enabled { get; init; }
    public string? Passcode { get; init; }
}

/// <summary>A refund to be made.</summary>
/// <param name="Amount">In major units, for example 5.00; null for all that is left.</param>
internal sealed record NewCloudRefund(decimal? Amount);
