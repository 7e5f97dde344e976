using Fleet.Core.Checkouts;

namespace Fleet.Server.Api.Rpc;

/// <summary>Checks the size and the token of a request for a page.</summary>
internal static class Paging
{
    private const int DefaultSize = 100, MaxSize = 500;

    /// <summary>The size of a page; 0 stands for the default.</summary>
    public static int PageSize(this FieldCheck fields, int asked)
    {
        if (asked is < 0 or > MaxSize) fields.AddError("page_size", $"must be from 0 to {MaxSize}");
        return asked == 0 ? DefaultSize : asked;
    }

    /// <summary>Where a page of a list begins; null at the beginning.</summary>
    public static T? CheckPageToken<T>(this FieldCheck fields, string token, string list, Func<string[], T?> read)
        where T : struct =>
        fields.CheckPageToken("page_token", token.Length > 0 ? token : null, list, read);
}
