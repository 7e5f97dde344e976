using System.Net.Http.Headers;
using Fleet.Core;
using Fleet.Core.Cloud;

namespace Fleet.Server.Cloud;

/// <summary>
/// A key of the cloud's API. It is a class without members that show it, so that it is in no log, no exception and no
/// text of another type.
/// </summary>
internal sealed class CloudKey
{
    private const int FingerprintDigits = 12;

    private readonly string _secret;

    /// <exception cref="ArgumentException">It has characters that cannot stand in a header.</exception>
    public CloudKey(string secret)
    {
        if (secret.Length == 0 || !secret.All(letter => letter is > ' ' and <= '~'))
            throw new ArgumentException("A key of the cloud has letters, digits and punctuation only.", nameof(secret));
        _secret = secret;
    }

    public void Authorize(HttpRequestMessage request) =>
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _secret);

    /// <summary>
    /// Digits of its SHA-256, by which operators tell one key from another: too few to find it out.
    /// </summary>
    public string Fingerprint => RandomIds.HashSecret(_secret)[..FingerprintDigits].ToLowerInvariant();

    /// <summary>A text without the key.</summary>
    public string RemoveFrom(string text) => text.Replace(_secret, "[key]", StringComparison.Ordinal);

    public override string ToString() => "[key]";
}

/// <summary>
/// A merchant's account at the cloud: its key, and what all calls with that key share. The budget goes on when the key
/// is changed.
/// </summary>
internal sealed class CloudAccount(
    string merchantCode, CloudLink link, CloudBudget budget, CloudBreaker breaker, TimeProvider time)
{
    private readonly Lock _lock = new();
    private CloudHealth _health = CloudHealth.Healthy;
    private volatile bool _isClosed;

    public string MerchantCode => merchantCode;

    public CloudKey Key => link.Key;

    public CloudBudget Budget => budget;

    public CloudBreaker Breaker => breaker;

    public TimeProvider Time => time;

    /// <summary>What its calls say about the cloud.</summary>
    public AccountState State
    {
        get
        {
            var (health, now) = (_health, time.Now());
            return health.Calls.All(call => Deadline.IsOver(call.At, TroubleRules.Period, now)) ? AccountState.Idle
                : TroubleRules.IsSuspect(health, now) ? AccountState.Suspect
                : AccountState.Healthy;
        }
    }

    /// <summary>Notes a call that was sent, or for which no connection was made.</summary>
    /// <param name="failed">Whether <see cref="TroubleRules.IsTrouble"/>.</param>
    public void NoteCall(bool failed)
    {
        lock (_lock) _health = TroubleRules.NoteCall(_health, new(time.Now(), failed));
    }

    /// <summary>Whether another key took its place: no call begins any more.</summary>
    public bool IsClosed => _isClosed;

    public void Close() => _isClosed = true;

    /// <summary>Gives a request the address of the account's cloud.</summary>
    public void AddressRequest(HttpRequestMessage request)
    {
        if (request.RequestUri is { Host: CloudLink.NoHost } unaddressed) // an earlier attempt may have done it
            request.RequestUri = new(link.BaseUrl + unaddressed.PathAndQuery);
    }
}

/// <summary>What the calls of an account say about the cloud.</summary>
internal enum AccountState
{
    /// <summary>Its calls are answered.</summary>
    Healthy,

    /// <summary>Its calls fail.</summary>
    Suspect,

    /// <summary>It made no calls lately, so that they say nothing.</summary>
    Idle,
}

/// <summary>One call, as the handlers of its request see it.</summary>
internal sealed class AccountCall(
    CloudAccount account, CloudPurpose purpose, string operation, CancellationToken caller)
{
    /// <summary>The name of the call among the options of its request.</summary>
    public const string Key = "fleet.cloud-call";

    private static readonly HttpRequestOptionsKey<object?> Option = new(Key);

    public CloudAccount Account => account;

    public CloudPurpose Purpose => purpose;

    /// <summary>What it does, in the exchange log: for example <c>create_checkout</c>.</summary>
    public string Operation => operation;

    /// <summary>Fleet's checkout that it is about, if it is about one.</summary>
    public Guid? CheckoutId { get; init; }

    /// <summary>The cloud's id of the reader in its path, if there is one.</summary>
    public string? ReaderId { get; init; }

    /// <summary>The passcode that it sends, if it sends one: an answer may repeat it in a sentence.</summary>
    public string? Passcode { get; init; }

    public CloudLimits Limits => CloudLimits.For(purpose);

    /// <summary>The caller does not wait for it any more; in contrast, the time may be over.</summary>
    public bool IsAbandoned => caller.IsCancellationRequested;

    /// <summary>Whether an attempt was handed to the connection; before that nothing can have been sent.</summary>
    public bool IsBegun { get; set; }

    /// <summary>The call of a request; null for the one with which the pipelines are tried out at the start.</summary>
    public static AccountCall? Find(HttpRequestMessage request) =>
        request.Options.TryGetValue(Option, out var value) ? value as AccountCall : null;

    /// <exception cref="InvalidOperationException">It is not a request of the cloud's client.</exception>
    public static AccountCall Of(HttpRequestMessage request) =>
        Find(request) ?? throw new InvalidOperationException("The request has no call.");
}
