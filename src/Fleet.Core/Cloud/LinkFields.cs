using Fleet.Core.Checkouts;

namespace Fleet.Core.Cloud;

/// <summary>
/// The rules for what links a merchant with SumUp, wherever it is given. No message repeats a key.
/// </summary>
public static class LinkFields
{
    /// <summary>Longest key, and longest id of an application.</summary>
    public const int MaxKey = 500, MaxAppId = 200;

    /// <summary>Most requests per second with one key, and most at once after a quiet time.</summary>
    public const int MaxRate = 100, MaxBurst = 1_000;

    /// <summary>Whether a header can hold the key.</summary>
    public static bool IsKey(string? text) => IsPlain(text, MaxKey);

    /// <summary>Why an address cannot be that of SumUp's API, or null.</summary>
    /// <param name="url">The address.</param>
    /// <param name="isTest">Whether it may be that of a stand-in on this machine.</param>
    public static string? FindWrongUrl(string url, bool isTest)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address)) return "must be a URL";
        if (address.Scheme != Uri.UriSchemeHttps && !(isTest && address is { Scheme: "http", IsLoopback: true }))
            return "must begin with https; with TestBase also http://127.0.0.1 is right";
        return url.EndsWith('/') || address.Query.Length > 0 || address.Fragment.Length > 0
            || address.UserInfo.Length > 0
                ? "must have no slash at its end, no query and no user"
                : null;
    }

    /// <summary>
    /// The API key. It is always required, so that no key is sent to an address for which it was not given.
    /// </summary>
    public static string RequireApiKey(this FieldCheck fields, string key)
    {
        if (key.Length == 0) fields.AddError("api_key", "is required");
        else if (!IsKey(key)) fields.AddError("api_key", PlainRule(MaxKey));
        return key;
    }

    /// <summary>The affiliate's application and its key: both, or none of them to keep those of before.</summary>
    public static (string AppId, string Key)? CheckAffiliate(this FieldCheck fields, string appId, string key)
    {
        if (appId.Length == 0 && key.Length == 0) return null;
        if (appId.Length == 0) fields.AddError("affiliate_app_id", "is required together with affiliate_key");
        else if (!IsPlain(appId, MaxAppId)) fields.AddError("affiliate_app_id", PlainRule(MaxAppId));
        if (key.Length == 0) fields.AddError("affiliate_key", "is required together with affiliate_app_id");
        else if (!IsKey(key)) fields.AddError("affiliate_key", PlainRule(MaxKey));
        return (appId, key);
    }

    /// <summary>The address of the API; null for that of before.</summary>
    /// <param name="fields">Collects what is wrong.</param>
    /// <param name="url">The address; empty for none.</param>
    /// <param name="isTest">Whether it may be that of a stand-in on this machine.</param>
    /// <param name="mayChoose">Whether the caller may say where keys and orders are sent.</param>
    public static string? CheckBaseUrl(this FieldCheck fields, string url, bool isTest, bool mayChoose)
    {
        if (url.Length == 0) return null;
        if (!mayChoose) fields.AddError("base_url", "is for keys of the whole chain");
        else if (FindWrongUrl(url, isTest) is { } wrong) fields.AddError("base_url", wrong);
        return url;
    }

    /// <summary>A part of the budget; null for that of before.</summary>
    public static int? CheckBudget(this FieldCheck fields, string field, int value, int max) =>
        value == 0 ? null : fields.CheckRange(field, value, 1, max);

    private static bool IsPlain(string? text, int max) =>
        text is not null && text.Length > 0 && text.Length <= max && text.All(letter => letter is > ' ' and <= '~');

    private static string PlainRule(int max) =>
        $"must have at most {max} characters, which are letters, digits and punctuation";
}
