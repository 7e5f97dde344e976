using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server;

/// <summary>A file for browsers that is in the program.</summary>
/// <param name="Name">Its name below its folder, with slashes.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Tag">By which a browser asks whether it is still the newest.</param>
internal sealed record EmbeddedFile(string Name, byte[] Content, string MediaType, EntityTagHeaderValue Tag)
{
    private static readonly Dictionary<string, string> MediaTypes = new()
    {
        [".css"] = "text/css; charset=utf-8",
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    /// <summary>The files of a folder.</summary>
    /// <param name="prefix">What their names in the program begin with.</param>
    public static IEnumerable<EmbeddedFile> ReadAll(string prefix)
    {
        var program = Assembly.GetExecutingAssembly();
        return program.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => ReadFile(name, name[prefix.Length..].Replace('\\', '/')));
    }

    /// <summary>
    /// The answer with the file. The browser keeps it, and asks each time whether it is still the newest.
    /// </summary>
    public IResult Serve(HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache";
        return Results.Bytes(Content, MediaType, entityTag: Tag);
    }

    /// <summary>The bytes of a file that is in the program under this name.</summary>
    public static byte[] ReadBytes(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The program has no file {resource}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static EmbeddedFile ReadFile(string resource, string name)
    {
        var bytes = ReadBytes(resource);
        return new(name, bytes, MediaTypes[Path.GetExtension(name)],
            new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\""));
    }
}
