using Fleet.Core.Access;
using Fleet.Core.Checkouts;
using Fleet.Core.Stores;
using Fleet.Server.Access;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>
/// What a key may be made for: never more than the key it is made with may do, or whoever holds a small one would make
/// himself a large one.
/// </summary>
internal sealed class KeyRules(MerchantDirectory merchants, RateLimits limits, TimeProvider time)
{
    private const int MaxName = 100;

    /// <summary>The key that is asked for, in the name of <paramref name="caller"/>; what is wrong is noted.</summary>
    public ApiKey CheckKey(Proto.CreateKeyRequest ask, Caller caller, string text, FieldCheck fields)
    {
        var merchant = CheckMerchant(ask.MerchantCode, caller, fields);
        return NewKey(text, caller) with
        {
            Name = fields.RequireName("name", ask.Name, MaxName),
            MerchantCode = merchant,
            Store = CheckStore(ask.Store, merchant, fields),
            Scopes = CheckScopes(ask.Scopes, caller, fields),
            RequestsPerSecond = CheckLimit(ask.RequestsPerSecond, caller, fields),
            ExpiresAt = CheckExpiry(ask.ExpiresAt, fields),
        };
    }

    /// <summary>A key with the rights of another.</summary>
    public ApiKey CopyKey(ApiKey old, Caller caller, string text) => NewKey(text, caller) with
    {
        Name = old.Name,
        MerchantCode = old.MerchantCode,
        Store = old.Store,
        Scopes = old.Scopes,
        RequestsPerSecond = old.RequestsPerSecond,
        ExpiresAt = old.ExpiresAt,
    };

    /// <summary>Who replaces a key gets to know the new one, and so must be allowed as much himself.</summary>
    public static void CheckRights(ApiKey old, Caller caller, FieldCheck fields)
    {
        if ((old.Scopes & ~caller.Scopes) != 0) fields.AddError("key_id", "has scopes that your key does not have");
    }

    private ApiKey NewKey(string text, Caller caller)
    {
        var now = time.Now();
        return new()
        {
            Id = Guid.CreateVersion7(now),
            Hash = RandomIds.HashSecret(text),
            Prefix = KeyText.ShownPart(text),
            Name = "",
            Scopes = Scopes.None,
            CreatedAt = now,
            CreatedBy = caller.KeyId,
        };
    }

    private string? CheckMerchant(string asked, Caller caller, FieldCheck fields)
    {
        if (asked.Length == 0) return caller.MerchantCode;
        if (caller.MerchantCode is { } own && asked != own)
            fields.AddError("merchant_code", "is beyond your key's reach");
        else if (merchants.FindMerchant(asked) is null)
            fields.AddError("merchant_code", "is not a merchant of this installation");
        return asked;
    }

    private static string? CheckStore(string asked, string? merchant, FieldCheck fields)
    {
        if (asked.Length == 0) return null;
        if (merchant is null) fields.AddError("store", "needs a merchant_code");
        return fields.CheckStore("store", asked);
    }

    private static Scopes CheckScopes(IEnumerable<string> asked, Caller caller, FieldCheck fields)
    {
        var scopes = Scopes.None;
        foreach (var word in asked)
        {
            if (ScopeWords.FindExact(word) is not { } scope) fields.AddError("scopes", "must be known words");
            else if (!caller.Scopes.HasFlag(scope))
                fields.AddError("scopes", $"must not have {word}, as your key does not");
            else scopes |= scope;
        }
        if (scopes is Scopes.None && fields.Errors.Count == 0) fields.AddError("scopes", "is required");
        return scopes;
    }

    private int? CheckLimit(int asked, Caller caller, FieldCheck fields)
    {
        var own = limits.LimitOf(caller.Key);
        var most = own == 0 ? KeyLimits.MaxRequestsPerSecond : own;
        if (asked < 0 || asked > most) fields.AddError("requests_per_second", $"must be from 0 to {most}");
        return asked == 0 ? null : asked;
    }

    private DateTimeOffset? CheckExpiry(Timestamp? asked, FieldCheck fields)
    {
        var expires = asked.Time("expires_at", fields);
        if (expires <= time.Now()) fields.AddError("expires_at", "must be in the future");
        return expires;
    }
}
