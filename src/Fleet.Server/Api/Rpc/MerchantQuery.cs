using Fleet.Core.Checkouts;
using Fleet.Server.Access;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Server.Api.Rpc;

/// <summary>Which merchants a caller wants to see.</summary>
internal sealed record MerchantQuery
{
    /// <summary>The words of where a merchant comes from.</summary>
    public const string Api = "api", Configuration = "configuration";

    private const int MaxSearch = 150;

    private const string Active = "active", Suspended = "suspended", Sandbox = "sandbox", Live = "live";

    private readonly Proto.ListMerchantsRequest _ask;

    private MerchantQuery(Proto.ListMerchantsRequest ask) => _ask = ask;

    /// <summary>Reads a request.</summary>
    /// <exception cref="Grpc.Core.RpcException">A word is not known.</exception>
    public static MerchantQuery FromRequest(Proto.ListMerchantsRequest ask)
    {
        var fields = new FieldCheck();
        fields.CheckText("search", ask.Search, MaxSearch);
        CheckWord(fields, "state", ask.State, Active, Suspended);
        CheckWord(fields, "kind", ask.Kind, Sandbox, Live);
        CheckWord(fields, "source", ask.Source, Api, Configuration);
        RpcErrors.ThrowIfAny(fields);
        return new(ask);
    }

    /// <summary>Whether a merchant is one of them.</summary>
    public bool Has(Merchant merchant) =>
        Is(_ask.State, merchant.Rules.IsSuspended ? Suspended : Active)
        && Is(_ask.Kind, merchant.Rules.Sandbox ? Sandbox : Live)
        && Is(_ask.Source, merchant.Record is null ? Configuration : Api)
        && (Finds(merchant.Code) || Finds(merchant.Profile.Name ?? ""));

    private static bool Is(string wanted, string word) => wanted.Length == 0 || wanted == word;

    private bool Finds(string text) => text.Contains(_ask.Search, StringComparison.OrdinalIgnoreCase);

    private static void CheckWord(FieldCheck fields, string field, string word, string one, string other)
    {
        if (word.Length > 0 && word != one && word != other) fields.AddError(field, $"must be {one} or {other}");
    }
}
