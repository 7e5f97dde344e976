using Fleet.Core.Access;
using Fleet.Server.Access;
using Google.Protobuf.WellKnownTypes;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

internal static class KeyMapping
{
    /// <summary>The key that a message requests.</summary>
    /// <param name="ask">The message.</param>
    /// <param name="merchantIsKnown">Whether this installation has the merchant that it names.</param>
    public static KeyRequest ToRequest(this Proto.CreateKeyRequest ask, bool merchantIsKnown) => new(
        ask.Name, ask.MerchantCode, merchantIsKnown, ask.Store, ask.Scopes, ask.RequestsPerSecond);

    /// <summary>A key as callers read it.</summary>
    public static Proto.ApiKey ToMessage(this ApiKey key)
    {
        var message = new Proto.ApiKey
        {
            KeyId = key.Id.ToString(),
            Prefix = key.Prefix,
            Name = key.Name,
            MerchantCode = key.MerchantCode ?? "",
            Store = key.Store ?? "",
            RequestsPerSecond = key.RequestsPerSecond ?? 0,
            CreatedAt = key.CreatedAt.ToTimestamp(),
            CreatedBy = key.CreatedBy,
            ExpiresAt = key.ExpiresAt?.ToTimestamp(),
            RevokedAt = key.RevokedAt?.ToTimestamp(),
            ReplacedBy = key.ReplacedBy?.ToString() ?? "",
        };
        message.Scopes.AddRange(ScopeWords.WordsOf(key.Scopes));
        return message;
    }

    /// <summary>
    /// The key of a call, as its caller receives it. A key that is not in the database has no creation time and the
    /// like.
    /// </summary>
    public static Proto.ApiKey ToMessage(this KeyGrant key)
    {
        var message = new Proto.ApiKey
        {
            KeyId = key.Id,
            Name = key.Name,
            MerchantCode = key.MerchantCode ?? "",
            Store = key.Store ?? "",
            RequestsPerSecond = key.RequestsPerSecond ?? 0,
        };
        message.Scopes.AddRange(ScopeWords.WordsOf(key.Scopes));
        return message;
    }
}
