using Fleet.Server.Api;
using Fleet.Server.Settings;

namespace Fleet.Server.Hosting;

/// <summary>
/// The page of the Virtual Solo: card readers that run in a browser and connect to the link like any other device.
/// Its files are in the program.
/// </summary>
internal static class VirtualSolo
{
    /// <summary>Where the page is.</summary>
    public const string Path = "/virtual-solo";

    private const string Prefix = "virtual-solo/", Page = "index.html";

    /// <summary>Scripts, styles and connections of this node only, and nothing inside the page itself.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Serves the page, if this node is a sandbox.</summary>
    public static void MapVirtualSolo(this WebApplication app, FleetOptions options)
    {
        if (!options.Sandbox) return;
        var files = EmbeddedFile.ReadAll(Prefix).ToDictionary(file => file.Name);
        app.MapGet(Path + "/{**name}", (string? name, HttpContext http) => Answer(files, name, http))
            .ExcludeFromDescription();
    }

    private static IResult Answer(Dictionary<string, EmbeddedFile> files, string? name, HttpContext http)
    {
        // Relative, so that it leads to the page behind a proxy that adds to the path, too.
        if (http.Request.Path == Path) return Results.Redirect(Prefix + http.Request.QueryString);
        return files.TryGetValue(name ?? Page, out var file) ? Serve(file, http.Response) : Problem.NotFound;
    }

    private static IResult Serve(EmbeddedFile file, HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return file.Serve(response);
    }
}
