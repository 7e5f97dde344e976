namespace Fleet.Core.Merchants;

/// <summary>A merchant that was made over the API, as it is saved.</summary>
public sealed record MerchantRecord
{
    /// <summary>SumUp's code.</summary>
    public required string Code { get; init; }

    /// <summary>Whether it takes virtual readers and no money. It never changes.</summary>
    public required bool Sandbox { get; init; }

    /// <summary>Counts its changes, from 1.</summary>
    public required long Revision { get; init; }

    /// <summary>What an update changes.</summary>
    public required MerchantTerms Terms { get; init; }

    /// <summary>Its affiliate keys, also those that are retired; with none it accepts any.</summary>
    public IReadOnlyList<AffiliateKey> Affiliates { get; init; } = [];

    /// <summary>With what its webhooks are signed, the oldest first, also what is expired.</summary>
    public IReadOnlyList<SigningSecret> Secrets { get; init; } = [];

    /// <summary>Why it starts nothing at present; null when it does.</summary>
    public Suspension? Suspension { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Id of the key it was made with.</summary>
    public required string CreatedBy { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What can be changed of a merchant. Null where it says nothing.</summary>
public sealed record MerchantTerms
{
    /// <summary>The name that its customers know.</summary>
    public string? Name { get; init; }

    /// <summary>Two letters of ISO 3166-1.</summary>
    public string? Country { get; init; }

    /// <summary>The only currency it takes, three letters of ISO 4217.</summary>
    public string? Currency { get; init; }

    /// <summary>Its language and country, for example <c>de-DE</c>.</summary>
    public string? Locale { get; init; }

    /// <summary>The name of its time zone, for example <c>Europe/Berlin</c>.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Where outcomes are sent when a till names no <c>return_url</c>.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>The largest amount of a checkout, in minor units of <see cref="Currency"/>.</summary>
    public long? LargestAmount { get; init; }

    /// <summary>Whether a reader's slot stays closed for the whole 60 seconds after an acceptance.</summary>
    public bool StrictSixtySeconds { get; init; }

    /// <summary>Whether several payments may have one <c>foreign_transaction_id</c>.</summary>
    public bool AllowsRepeats { get; init; }

    /// <summary>Whether the last two digits of an amount decide how a virtual reader ends a payment.</summary>
    public bool TestCents { get; init; }
}

/// <summary>An affiliate key of a merchant, without the key.</summary>
/// <param name="Name">Its name for people, unique within the merchant.</param>
/// <param name="AppId">The application it is for.</param>
/// <param name="KeyHash">SHA-256 of the key.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="RetiredAt">When it stopped to be valid; null while it is.</param>
public sealed record AffiliateKey(
    string Name, string AppId, string KeyHash, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt = null);

/// <summary>A secret with which webhooks are signed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Sealed">The secret, encrypted by the node.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it stops to be used; null for never.</param>
public sealed record SigningSecret(
    Guid Id, string Sealed, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt = null)
{
    /// <summary>Whether webhooks are signed with it.</summary>
    public bool IsGoodAt(DateTimeOffset now) => !(ExpiresAt <= now);
}

/// <summary>That a merchant starts nothing at present.</summary>
/// <param name="Reason">Why, in words for people.</param>
/// <param name="Since">Since when.</param>
/// <param name="By">Id of the key with which it was suspended.</param>
public sealed record Suspension(string Reason, DateTimeOffset Since, string By);
