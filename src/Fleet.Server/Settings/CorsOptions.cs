namespace Fleet.Server.Settings;

/// <summary>Settings of tills that are web pages: section <c>Fleet:Cors</c>.</summary>
public sealed class CorsOptions
{
    /// <summary>
    /// Origins whose pages may call the tills' APIs from a browser, for every merchant, for example
    /// <c>https://till.example</c>. Default none.
    /// </summary>
    public List<string> Origins { get; } = [];

    /// <summary>The first text that is not an origin as browsers write it, or null.</summary>
    internal static string? FirstWrong(IEnumerable<string> origins) => origins.FirstOrDefault(text =>
        !Uri.TryCreate(text, UriKind.Absolute, out var uri)
        || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp)
        || text != $"{uri.Scheme}://{uri.IdnHost}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}");
}
