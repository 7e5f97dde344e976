using Fleet.Core.Checkouts;

namespace Fleet.Server.Api.Rpc;

/// <summary>One page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="Next">The token of the next page; empty after the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string Next);

internal static class Page
{
    /// <summary>
    /// The page after a token. A token names the last item of the page before, so no item is shown twice or left out
    /// when other items come and go.
    /// </summary>
    /// <param name="all">The items, in any order.</param>
    /// <param name="keyOf">By what they are sorted.</param>
    /// <param name="size">Items of a page; 0 for the default.</param>
    /// <param name="token">The token; empty for the first page.</param>
    /// <param name="list">The name of the list in its tokens.</param>
    /// <exception cref="Grpc.Core.RpcException">The size or the token is wrong.</exception>
    public static Page<T> Of<T>(IEnumerable<T> all, Func<T, string> keyOf, int size, string token, string list)
    {
        var fields = new FieldCheck();
        var wanted = fields.PageSize(size);
        var last = fields.CheckPageToken(token, list, ReadLast)?.Key;
        RpcErrors.ThrowIfAny(fields);
        var items = all.Where(item => string.CompareOrdinal(keyOf(item), last) > 0)
            .OrderBy(keyOf, StringComparer.Ordinal).Take(wanted + 1).ToList();
        return items.Count <= wanted
            ? new(items, "")
            : new(items[..wanted], PageToken.Write(list, keyOf(items[wanted - 1])));
    }

    private static LastItem? ReadLast(string[] parts) => parts is [var key] ? new(key) : null;

    private readonly record struct LastItem(string Key);
}
