using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Merchants;
using Fleet.Server.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Access;

/// <summary>
/// The merchants of this installation, and the keys of its configuration as hashes. Merchants of the configuration
/// never change while the node runs; <see cref="MerchantRefresh"/> reads those that are made over the API.
/// </summary>
internal sealed class MerchantDirectory
{
    /// <summary>Digits of a configured key's hash that are its id.</summary>
    private const int IdDigits = 12;

    private static readonly string SandboxKeyHash = RandomIds.HashSecret(SandboxMerchant.Key);

    private readonly FrozenDictionary<string, Merchant> _configured;
    private readonly ConcurrentDictionary<string, Merchant> _made = new();
    private readonly FrozenDictionary<string, KeyGrant> _keys;
    private readonly KeyGrant _sandbox = new("sandbox", "sandbox", Scopes.All, SandboxMerchant.Code);
    private readonly Lazy<string?> _openAddress;
    private readonly bool _isSandbox;
    private readonly bool _strictSixtySeconds;

    public MerchantDirectory(IOptions<FleetOptions> options, IServer server, TimeProvider time)
    {
        var settings = options.Value;
        Egress = settings.Webhooks.ToEgressRules();
        _strictSixtySeconds = settings.StrictSixtySeconds;
        Since = time.Now();
        _configured = settings.Merchants.Select(one => Merchant.FromSettings(one, Egress, _strictSixtySeconds))
            .Concat(settings.Sandbox ? [Merchant.ForSandbox(Egress, _strictSixtySeconds)] : Array.Empty<Merchant>())
            .DistinctBy(merchant => merchant.Code)
            .ToFrozenDictionary(merchant => merchant.Code);
        _keys = settings.Merchants
            .SelectMany(one => one.Keys.Select(key => (Merchant: (string?)one.Code, Key: key)))
            .Concat(settings.Keys.Select(key => (Merchant: (string?)null, Key: key)))
            .ToFrozenDictionary(one => one.Key.Sha256.ToUpperInvariant(), one => ToGrant(one.Merchant, one.Key));
        // The addresses are known once the server listens, which is before the first request.
        _openAddress = new(() => FindOpenAddress(server));
        _isSandbox = settings.Sandbox;
    }

    /// <summary>When this node read the merchants of its configuration.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>To which addresses outcomes may be sent from this installation.</summary>
    public EgressRules Egress { get; }

    /// <summary>Whether the sandbox key is valid: in sandbox mode, on loopback addresses only.</summary>
    public bool TakesSandboxKey => _isSandbox && OpenAddress is null;

    /// <summary>An address of this node that other machines may reach; null when there is none.</summary>
    public string? OpenAddress => _openAddress.Value;

    /// <summary>All merchants, in any order.</summary>
    public IEnumerable<Merchant> All => _configured.Values.Concat(_made.Values);

    /// <summary>The codes of all.</summary>
    public IReadOnlyList<string> Codes => [.. All.Select(merchant => merchant.Code)];

    /// <summary>Whether the virtual readers of a merchant let the last two digits of an amount decide.</summary>
    public bool HasTestCents(string code) => FindMerchant(code) is { Rules.TestCents: true };

    /// <summary>Whether a merchant is in the configuration, or is the sandbox merchant.</summary>
    public bool IsConfigured(string code) => _configured.ContainsKey(code);

    /// <summary>The merchant of a code, or null.</summary>
    public Merchant? FindMerchant(string code) => _configured.GetValueOrDefault(code) ?? _made.GetValueOrDefault(code);

    /// <summary>
    /// Takes over what was read of a merchant, unless it is older than what is known. Returns false for a merchant that
    /// is in the configuration too: that one counts.
    /// </summary>
    public bool Learn(MerchantRecord record)
    {
        if (IsConfigured(record.Code)) return false;
        var merchant = Merchant.FromRecord(record, Egress, _strictSixtySeconds);
        _made.AddOrUpdate(record.Code, merchant,
            (_, known) => known.Record?.Revision > record.Revision ? known : merchant);
        return true;
    }

    /// <summary>What the configured key with this hash may do, or null when there is none.</summary>
    public KeyGrant? FindKey(ReadOnlySpan<char> hash)
    {
        if (hash.SequenceEqual(SandboxKeyHash)) return TakesSandboxKey ? _sandbox : null;
        return _keys.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(hash, out var grant) ? grant : null;
    }

    private static KeyGrant ToGrant(string? merchantCode, KeyOptions key) => new(
        $"config:{key.Sha256[..IdDigits].ToLowerInvariant()}", key.Name, ScopesOf(key.Scopes), merchantCode,
        RequestsPerSecond: key.RequestsPerSecond);

    private static Scopes ScopesOf(List<string> names) => names.Count == 0
        ? Scopes.All
        : names.Aggregate(Scopes.None, (scopes, name) => scopes | (ScopeWords.AsSumUp(name)
            ?? throw new InvalidOperationException($"Fleet:Merchants: there is no scope \"{name}\".")));

    private static string? FindOpenAddress(IServer server) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } addresses
            ? addresses.FirstOrDefault(address => !IsLoopback(BindingAddress.Parse(address).Host))
            : "the node";

    private static bool IsLoopback(string host) => host == "localhost"
        || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
