using System.Collections.Frozen;
using System.Net;
using Fleet.Core.Checkouts;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Merchants;

/// <summary>A merchant as requests need it.</summary>
internal sealed record Merchant(string Code, MerchantRules Rules);

/// <summary>What a key may do.</summary>
[Flags]
internal enum Scopes
{
    None = 0,
    ReadersRead = 1,
    ReadersWrite = 2,
    TransactionsRead = 4,
    ReceiptsRead = 8,
    RefundsWrite = 16,

    /// <summary>Looking after the merchant's webhooks.</summary>
    WebhooksWrite = 32,

    /// <summary>Looking at checkouts.</summary>
    CheckoutsRead = 64,

    /// <summary>Starting and ending them.</summary>
    CheckoutsWrite = 128,

    /// <summary>Stores, their boards, and the state of the fleet.</summary>
    FleetRead = 256,

    /// <summary>Stores and keys, and the audit.</summary>
    Admin = 512,

    All = ReadersRead | ReadersWrite | TransactionsRead | ReceiptsRead | RefundsWrite | WebhooksWrite | CheckoutsRead
        | CheckoutsWrite | FleetRead | Admin,
}

/// <summary>A key that was recognised.</summary>
internal sealed record KeyGrant(Merchant Merchant, Scopes Scopes, string? Store = null);

/// <summary>The merchants of this installation and their keys, of which only hashes are here.</summary>
internal sealed class MerchantDirectory
{
    /// <summary>The merchant everybody may try.</summary>
    public const string SandboxCode = "MC0X0ABC";

    /// <summary>Its key, which is no secret and therefore only good on this machine.</summary>
    public const string SandboxKey = "sup_sk_sandbox";

    /// <summary>Its affiliate key.</summary>
    public const string SandboxAffiliateKey = "sup_afk_sandbox";

    /// <summary>What its webhooks are signed with, no secret either.</summary>
    public const string SandboxWebhookSecret = "whsec_ZmxlZXQgc2FuZGJveCBpcyBubyBzZWNyZXQh";

    private static readonly string SandboxKeyHash = RandomIds.Hash(SandboxKey);

    private readonly FrozenDictionary<string, KeyGrant> _keys;
    private readonly KeyGrant _sandbox = new(
        new(SandboxCode, new(Sandbox: true, [SandboxAffiliateKey])), Scopes.All);
    private readonly Lazy<bool> _sandboxKeyIsGood;

    public MerchantDirectory(IOptions<FleetOptions> options, IServer server)
    {
        _keys = options.Value.Merchants
            .SelectMany(merchant => merchant.Keys.Select(key => (key.Sha256.ToUpperInvariant(), Grant(merchant, key))))
            .ToFrozenDictionary(pair => pair.Item1, pair => pair.Item2);
        // The addresses are known once the server listens, which is before the first request.
        _sandboxKeyIsGood = new(() => options.Value.Sandbox && ListensOnLoopbackOnly(server));
    }

    /// <summary>Whether the well-known key is taken: in sandbox mode, on loopback addresses only.</summary>
    public bool TakesSandboxKey => _sandboxKeyIsGood.Value;

    /// <summary>What a key may do, or null when it is not one of ours.</summary>
    public KeyGrant? Find(string key)
    {
        var hash = RandomIds.Hash(key);
        if (hash == SandboxKeyHash) return TakesSandboxKey ? _sandbox : null;
        return _keys.GetValueOrDefault(hash);
    }

    private static KeyGrant Grant(MerchantOptions merchant, KeyOptions key) =>
        new(new(merchant.Code, new(merchant.Sandbox, merchant.AffiliateKeys)), ScopesOf(key.Scopes));

    private static Scopes ScopesOf(List<string> names)
    {
        if (names.Count == 0) return Scopes.All;
        return names.Aggregate(Scopes.None, (scopes, name) => scopes | name switch
        {
            "readers.read" or "terminals.read" => Scopes.ReadersRead | Scopes.CheckoutsRead,
            "readers.write" or "terminals.write" => Scopes.ReadersWrite | Scopes.CheckoutsWrite,
            "transactions.read" or "transactions.history" => Scopes.TransactionsRead,
            "receipts.read" => Scopes.ReceiptsRead,
            "refunds.write" or "payments" => Scopes.RefundsWrite,
            "webhooks.write" => Scopes.WebhooksWrite,
            "checkouts.read" => Scopes.CheckoutsRead,
            "checkouts.write" => Scopes.CheckoutsWrite,
            "fleet.read" => Scopes.FleetRead,
            "admin" => Scopes.Admin,
            _ => throw new InvalidOperationException($"Fleet:Merchants: there is no scope \"{name}\"."),
        });
    }

    private static bool ListensOnLoopbackOnly(IServer server) =>
        server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } addresses
        && addresses.All(address => BindingAddress.Parse(address).Host is var host
            && (host == "localhost"
                || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip))));
}
