using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Fleet.Server.Console;

/// <summary>The style, the script and the pictures of the console. They are in the program.</summary>
internal static class ConsoleFiles
{
    private const string Prefix = "console/";

    private static readonly Dictionary<string, string> MediaTypes = new()
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    public static void Map(ConsoleRoutes routes)
    {
        var program = Assembly.GetExecutingAssembly();
        foreach (var name in program.GetManifestResourceNames().Where(IsFile))
        {
            var content = Read(program, name);
            var (type, tag) = (MediaTypes[Path.GetExtension(name)], TagOf(content));
            routes.MapOpen(HttpMethods.Get, "files/" + name[Prefix.Length..], page =>
            {
                page.Http.Response.Headers.CacheControl = "no-cache"; // kept, and asked for each time
                return Results.Bytes(content, type, entityTag: tag).ExecuteAsync(page.Http);
            });
        }
    }

    private static bool IsFile(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    private static EntityTagHeaderValue TagOf(byte[] content) =>
        new($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"");

    private static byte[] Read(Assembly program, string name)
    {
        using var stream = program.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program has no file {name}.");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
