using System.Reflection;
using System.Security.Cryptography;
using Fleet.Server.Api;
using Fleet.Server.Settings;
using Microsoft.Net.Http.Headers;

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

    private static readonly Dictionary<string, string> MediaTypes = new()
    {
        [".css"] = "text/css; charset=utf-8",
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    /// <summary>Serves the page, if this node is a sandbox.</summary>
    public static void MapVirtualSolo(this WebApplication app, FleetOptions options)
    {
        if (!options.Sandbox) return;
        var files = ReadFiles();
        app.MapGet(Path + "/{**name}", (string? name, HttpContext http) => Answer(files, name, http))
            .ExcludeFromDescription();
    }

    private static IResult Answer(Dictionary<string, PageFile> files, string? name, HttpContext http)
    {
        // Relative, so that it leads to the page behind a proxy that adds to the path, too.
        if (http.Request.Path == Path) return Results.Redirect(Prefix + http.Request.QueryString);
        return files.TryGetValue(name ?? Page, out var file) ? Serve(file, http.Response) : Problem.NotFound;
    }

    /// <summary>The browser keeps a file, and asks each time whether it is still the newest.</summary>
    private static IResult Serve(PageFile file, HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache";
        response.Headers.ContentSecurityPolicy = ContentPolicy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return Results.Bytes(file.Content, file.MediaType, entityTag: file.Tag);
    }

    private static Dictionary<string, PageFile> ReadFiles()
    {
        var program = Assembly.GetExecutingAssembly();
        return program.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[Prefix.Length..].Replace('\\', '/'), name => ReadFile(program, name));
    }

    private static PageFile ReadFile(Assembly program, string name)
    {
        using var stream = program.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program has no file {name}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var bytes = content.ToArray();
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"");
        return new(bytes, MediaTypes[System.IO.Path.GetExtension(name)], tag);
    }

    private sealed record PageFile(byte[] Content, string MediaType, EntityTagHeaderValue Tag);
}
