using System.Collections.Frozen;
using System.Net;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Access;

/// <summary>A merchant, with what requests need.</summary>
/// <param name="Code">SumUp's code.</param>
/// <param name="Rules">The rules for its checkouts.</param>
/// <param name="Profile">What callers are told of it.</param>
internal sealed record Merchant(string Code, MerchantRules Rules, MerchantProfile Profile)
{
    /// <summary>Its account at SumUp in the configuration; null for the sandbox.</summary>
    public SumUpOptions? SumUp { get; init; }
}

/// <summary>What the settings say of a merchant; null where they say nothing.</summary>
internal sealed record MerchantProfile(string? Name, string? Country, string? Currency, string? Locale);

/// <summary>The merchants of this installation, and the keys of its configuration as hashes.</summary>
internal sealed class MerchantDirectory
{
    /// <summary>Digits of a configured key's hash that are its id.</summary>
    private const int IdDigits = 12;

    private static readonly MerchantProfile SandboxProfile = new("Sandbox", "DE", "EUR", "de-DE");

    private static readonly string SandboxKeyHash = RandomIds.HashSecret(SandboxMerchant.Key);

    private readonly FrozenDictionary<string, Merchant> _merchants;
    private readonly FrozenDictionary<string, KeyGrant> _keys;
    private readonly KeyGrant _sandbox = new("sandbox", "sandbox", Scopes.All, SandboxMerchant.Code);
    private readonly Lazy<bool> _sandboxKeyIsGood;

    public MerchantDirectory(IOptions<FleetOptions> options, IServer server, TimeProvider time)
    {
        var settings = options.Value;
        var egress = settings.Webhooks.ToEgressRules();
        Since = time.Now();
        _merchants = settings.Merchants
            .Select(one => new Merchant(one.Code,
                new(one.Sandbox, one.AffiliateKeys, one.AllowRepeatedForeignTransactionIds)
                {
                    Egress = egress, TestCents = one.TestCents,
                },
                new(one.Name, one.Country, one.Currency, one.Locale))
            { SumUp = one.SumUp })
            .Concat(settings.Sandbox
                ? [new(SandboxMerchant.Code,
                    new(Sandbox: true, [SandboxMerchant.AffiliateKey]) { Egress = egress }, SandboxProfile)]
                : Array.Empty<Merchant>())
            .DistinctBy(merchant => merchant.Code)
            .ToFrozenDictionary(merchant => merchant.Code);
        _keys = settings.Merchants
            .SelectMany(one => one.Keys.Select(key => (Merchant: (string?)one.Code, Key: key)))
            .Concat(settings.Keys.Select(key => (Merchant: (string?)null, Key: key)))
            .ToFrozenDictionary(one => one.Key.Sha256.ToUpperInvariant(), one => ToGrant(one.Merchant, one.Key));
        // The addresses are known once the server listens, which is before the first request.
        _sandboxKeyIsGood = new(() => settings.Sandbox && ListensOnLoopbackOnly(server));
    }

    /// <summary>When this node read its merchants.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Whether the sandbox key is valid: in sandbox mode, on loopback addresses only.</summary>
    public bool TakesSandboxKey => _sandboxKeyIsGood.Value;

    /// <summary>The codes of all.</summary>
    public IReadOnlyList<string> Codes => _merchants.Keys;

    /// <summary>Whether the virtual readers of a merchant let the last two digits of an amount decide.</summary>
    public bool HasTestCents(string code) => FindMerchant(code) is { Rules.TestCents: true };

    /// <summary>The merchant of a code, or null.</summary>
    public Merchant? FindMerchant(string code) => _merchants.GetValueOrDefault(code);

    /// <summary>What the configured key with this hash may do, or null when there is none.</summary>
    public KeyGrant? FindKey(string hash)
    {
        if (hash == SandboxKeyHash) return TakesSandboxKey ? _sandbox : null;
        return _keys.GetValueOrDefault(hash);
    }

    private static KeyGrant ToGrant(string? merchantCode, KeyOptions key) => new(
        $"config:{key.Sha256[..IdDigits].ToLowerInvariant()}", key.Name, ScopesOf(key.Scopes), merchantCode,
        RequestsPerSecond: key.RequestsPerSecond);

    private static Scopes ScopesOf(List<string> names) => names.Count == 0
        ? Scopes.All
        : names.Aggregate(Scopes.None, (scopes, name) => scopes | (ScopeWords.AsSumUp(name)
            ?? throw new InvalidOperationException($"Fleet:Merchants: there is no scope \"{name}\".")));

    private static bool ListensOnLoopbackOnly(IServer server) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } addresses
        && addresses.All(address => BindingAddress.Parse(address).Host is var host
            && (host == "localhost"
                || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))));
}
