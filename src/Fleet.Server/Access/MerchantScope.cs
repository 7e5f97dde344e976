using Fleet.Core;

namespace Fleet.Server.Access;

/// <summary>
/// Which merchant a call is for. That there is one proves that the caller's key reaches the merchant and may call the
/// route. A handler that works for a merchant takes one as an argument.
/// </summary>
/// <param name="merchant">
/// The merchant in the path, or of the key, or the one that a key of the whole chain names.
/// </param>
/// <param name="caller">Who makes the call.</param>
internal sealed class MerchantScope(Merchant merchant, Caller caller)
{
    public Merchant Merchant => merchant;

    public string Code => merchant.Code;

    /// <summary>Who makes the call.</summary>
    public Caller Caller => caller;

    /// <summary>What the key reaches: all of the merchant, or one store.</summary>
    public Reach Reach { get; } = new(merchant.Code, caller.Store);

    public static ValueTask<MerchantScope?> BindAsync(HttpContext http) =>
        ValueTask.FromResult(http.Features.Get<MerchantScope>());
}
