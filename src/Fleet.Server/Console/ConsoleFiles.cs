namespace Fleet.Server.Console;

/// <summary>The style, the script and the pictures of the console. They are in the program.</summary>
internal static class ConsoleFiles
{
    public static void Map(ConsoleRoutes routes)
    {
        foreach (var file in EmbeddedFile.ReadAll("console/"))
            routes.MapOpen(HttpMethods.Get, $"files/{file.Name}",
                page => file.Serve(page.Http.Response).ExecuteAsync(page.Http));
    }
}
