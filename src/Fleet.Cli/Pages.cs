namespace Fleet.Cli;

/// <summary>Lists that come page by page.</summary>
internal static class Pages
{
    /// <summary>Reads one page after the other.</summary>
    /// <param name="read">
    /// Reads the page of a token, which is empty for the first one, and returns the token of the next page; empty to
    /// end.
    /// </param>
    public static async Task Walk(Func<string, Task<string>> read)
    {
        var token = "";
        do token = await read(token);
        while (token.Length > 0);
    }

    /// <summary>All items of a list.</summary>
    /// <param name="read">Reads the page of a token, and returns its items and the token of the next one.</param>
    public static async Task<List<T>> ReadAll<T>(Func<string, Task<(IEnumerable<T> Items, string Next)>> read)
    {
        var all = new List<T>();
        await Walk(async token =>
        {
            var (items, next) = await read(token);
            all.AddRange(items);
            return next;
        });
        return all;
    }
}
