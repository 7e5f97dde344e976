using System.Diagnostics.CodeAnalysis;
using Fleet.Core.Merchants;

namespace Fleet.Core.Checkouts;

/// <summary>The rules for URLs to which outcomes are sent: a checkout's <c>return_url</c> and similar ones.</summary>
public static class ReturnUrl
{
    /// <summary>Adds errors of a URL that may be missing, and returns the URL as it was written.</summary>
    /// <param name="fields">The list to which errors are added.</param>
    /// <param name="field">The name of the field it came in.</param>
    /// <param name="text">The URL, at most <see cref="CheckoutRequest.MaxUrl"/> characters.</param>
    /// <param name="merchant">Whose rules apply: a sandbox may use plain http.</param>
    public static string? CheckUrl(this FieldCheck fields, string field, string? text, MerchantRules merchant)
    {
        if (fields.CheckText(field, text, CheckoutRequest.MaxUrl) is not { } url) return null;
        if (!TryRead(url, out var uri)) fields.AddError(field, "must be a valid URL");
        else if (uri.Scheme != Uri.UriSchemeHttps && !(merchant.Sandbox && uri.Scheme == Uri.UriSchemeHttp))
            fields.AddError(field, "must be an HTTPS URL");
        else if (uri.UserInfo.Length > 0) fields.AddError(field, "must not have user information before its host");
        else if (uri.Fragment.Length > 0) fields.AddError(field, "must not have a fragment");
        else if (!merchant.Egress.AllowsHost(uri))
            fields.AddError(field, "must lead to an address that is public or in Fleet:Webhooks:AllowedNetworks");
        return url;
    }

    /// <summary>Reads an absolute URL with a host, and without white space.</summary>
    private static bool TryRead(string url, [NotNullWhen(true)] out Uri? uri)
    {
        uri = null;
        return !url.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
            && Uri.TryCreate(url, UriKind.Absolute, out uri)
            && uri.Host.Length > 0
            && IsName(uri);
    }

    /// <summary>Whether DNS can look up the host: some names in Unicode have no form that DNS accepts.</summary>
    private static bool IsName(Uri uri)
    {
        try
        {
            return Uri.CheckHostName(uri.IdnHost) is not UriHostNameType.Unknown;
        }
        catch (UriFormatException) // .NET has no way to test this without an exception
        {
            return false;
        }
    }
}
