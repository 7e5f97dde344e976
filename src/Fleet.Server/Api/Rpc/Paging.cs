using Fleet.Core.Checkouts;

namespace Fleet.Server.Api.Rpc;

/// <summary>What a caller may ask of a list that has pages.</summary>
internal static class Paging
{
    private const int DefaultSize = 100, MaxSize = 500;

    /// <summary>The size of a page; 0 stands for the usual one.</summary>
    public static int PageSize(this FieldCheck fields, int asked)
    {
        if (asked is < 0 or > MaxSize) fields.AddError("page_size", $"must be from 0 to {MaxSize}");
        return asked == 0 ? DefaultSize : asked;
    }

    /// <summary>Where a page begins; null at the beginning.</summary>
    public static T? PageToken<T>(this FieldCheck fields, string token, Func<string, T?> read) where T : struct
    {
        if (token.Length == 0) return null;
        var place = read(token);
        if (place is null) fields.AddError("page_token", "must be the next_page_token of an earlier page");
        return place;
    }
}
