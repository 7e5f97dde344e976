namespace Fleet.Server.Access;

/// <summary>A person who is signed in to the console, without the secret of the session.</summary>
internal sealed record ConsoleSession
{
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the session's secret.</summary>
    public required string Hash { get; init; }

    /// <summary>Who it is, as the audit names them; empty when only the key is known.</summary>
    public required string Person { get; init; }

    /// <summary>What the person could do at sign-in. With a key, the key decides what counts now.</summary>
    public required KeyGrant Grant { get; init; }

    /// <summary>SHA-256 of the key; null for a person whom an identity provider signed in.</summary>
    public string? KeyHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it was signed out or ended by others; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Where it was signed in from; that of a proxy, if there is one.</summary>
    public required string RemoteAddress { get; init; }

    /// <summary>The browser, in its own words.</summary>
    public required string Browser { get; init; }

    public bool IsOpenAt(DateTimeOffset now) => EndedAt is null && now < ExpiresAt;
}

/// <summary>The sessions of the console. A row is removed a while after its session is over.</summary>
internal interface IConsoleSessions
{
    Task AddSession(ConsoleSession session);

    /// <summary>The session with this hash, or null.</summary>
    Task<ConsoleSession?> FindByHash(string hash, CancellationToken cancel);

    /// <summary>The session with this id, or null.</summary>
    Task<ConsoleSession?> FindById(Guid id, CancellationToken cancel);

    /// <summary>Open sessions, the newest first.</summary>
    /// <param name="merchantCode">Of keys of this merchant; null for all, and those of the chain.</param>
    /// <param name="now">The time.</param>
    /// <param name="limit">How many.</param>
    /// <param name="cancel">Ends the read.</param>
    Task<IReadOnlyList<ConsoleSession>> ListOpen(
        string? merchantCode, DateTimeOffset now, int limit, CancellationToken cancel);

    /// <summary>Ends a session; false when it is over already.</summary>
    Task<bool> EndSession(Guid id, DateTimeOffset now);
}
