using System.Text;
using Fleet.Core.Access;

namespace Fleet.Server.Access;

/// <summary>
/// What a session of the console may do now. Sessions are cached for so short a time that their end takes effect within
/// 5 s, and so does the end of the key with which one was signed in.
/// </summary>
internal sealed class SessionDirectory(
    IConsoleSessions sessions, KeyDirectory keys, AuditLog audit, TimeProvider time) : IDisposable
{
    /// <summary>How long a session lasts.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromHours(12);

    /// <summary>How many sessions are cached, unknown ones included.</summary>
    private const int MaxRemembered = 10_000;

    /// <summary>Longest text that is kept of a browser or a person.</summary>
    private const int MaxText = 200;

    /// <summary>Age at which a cached session is read again.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly SharedReads<string, ConsoleSession?> _remembered =
        new(hash => sessions.FindByHash(hash, CancellationToken.None), Fresh, MaxRemembered, time);

    /// <summary>Signs in with an API key; null when the key is not valid.</summary>
    /// <returns>The secret of the session, of which only a hash is kept.</returns>
    public async Task<string?> SignIn(string key, string person, HttpContext http)
    {
        var hash = RandomIds.HashSecret(key);
        return await keys.FindByHash(hash) is { } grant ? await Open(grant, hash, person, http) : null;
    }

    /// <summary>Signs in a person whom an identity provider knows.</summary>
    public Task<string> SignIn(KeyGrant grant, HttpContext http) => Open(grant, null, grant.Name, http);

    /// <summary>The open session of a secret, and what it may do now; null when there is none.</summary>
    /// <exception cref="LedgerUnavailableException">The database does not answer, so it is not known.</exception>
    public async ValueTask<(ConsoleSession Session, KeyGrant Grant)?> Find(string secret)
    {
        if (await _remembered.Read(RandomIds.HashSecret(secret)) is not { } session || !session.IsOpenAt(time.Now()))
            return null;
        var grant = session.KeyHash is { } hash ? await keys.FindByHash(hash) : session.Grant;
        return grant is null ? null : (session, NameGrant(grant, session));
    }

    /// <summary>Ends a session: at once on this node, within 5 s on the others.</summary>
    /// <param name="session">The session.</param>
    /// <param name="who">Who ends it.</param>
    /// <param name="http">The request.</param>
    public async Task End(ConsoleSession session, KeyGrant who, HttpContext http)
    {
        await Record(who, AuditAction.SessionEnd, session.Id, session.Grant.MerchantCode, http);
        await sessions.EndSession(session.Id, time.Now());
        _remembered.Forget(session.Hash);
    }

    public void Dispose() => _remembered.Dispose();

    /// <summary>The audit names the person beside the key.</summary>
    private static KeyGrant NameGrant(KeyGrant grant, ConsoleSession session) =>
        session.KeyHash is null || session.Person.Length == 0
            ? grant
            : grant with { Name = grant.Name.Length > 0 ? $"{session.Person} ({grant.Name})" : session.Person };

    private async Task<string> Open(KeyGrant grant, string? keyHash, string person, HttpContext http)
    {
        var (now, secret) = (time.Now(), RandomIds.NewSecret());
        var session = new ConsoleSession
        {
            Id = Guid.CreateVersion7(now),
            Hash = RandomIds.HashSecret(secret),
            Person = Cut(person),
            Grant = grant,
            KeyHash = keyHash,
            CreatedAt = now,
            ExpiresAt = now + Length,
            RemoteAddress = AddressOf(http),
            Browser = Cut(http.Request.Headers.UserAgent.ToString()),
        };
        await Record(NameGrant(grant, session), AuditAction.SessionOpen, session.Id, grant.MerchantCode, http);
        await sessions.AddSession(session);
        return secret;
    }

    private Task Record(KeyGrant who, string action, Guid id, string? merchantCode, HttpContext http) =>
        audit.RecordCall(new(who, AddressOf(http), merchantCode), action, $"{id}");

    private static string AddressOf(HttpContext http) => http.Connection.RemoteIpAddress?.ToString() ?? "";

    /// <summary>A text that can be stored: without control characters, and not cut within a character.</summary>
    private static string Cut(string text)
    {
        var kept = string.Concat(text.EnumerateRunes().Where(rune => !Rune.IsControl(rune)));
        if (kept.Length <= MaxText) return kept;
        return kept[..(char.IsHighSurrogate(kept[MaxText - 1]) ? MaxText - 1 : MaxText)];
    }
}

/// <summary>Set on a request of the console: its session, in place of a key in a header.</summary>
/// <param name="Secret">The secret of the session.</param>
internal sealed record SignedIn(string Secret);
