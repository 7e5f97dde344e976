namespace Fleet.Server.Console;

/// <summary>Adds pages, actions and streams to the console.</summary>
internal sealed class ConsoleRoutes(IEndpointRouteBuilder routes)
{
    /// <summary>A page, and the same content as JSON under the same path with <c>.json</c>.</summary>
    /// <param name="path">Below the console's root.</param>
    /// <param name="read">Reads what the page shows.</param>
    public void MapPage<TPage, TView>(string path, Func<PageRequest, Task<TView>> read)
        where TPage : ConsolePage<TView> where TView : notnull
    {
        Map(HttpMethods.Get, path,
            ConsoleGuard.ForViewers(async page => await Answers.Page<TPage, TView>(page, await read(page))));
        Map(HttpMethods.Get, path + Answers.Json,
            ConsoleGuard.ForViewers(async page => await Answers.Content(page, await read(page))));
    }

    /// <summary>Something that a form does.</summary>
    /// <param name="path">Below the console's root.</param>
    /// <param name="act">Does it, and says to which page the browser goes then.</param>
    public void MapAction(string path, Func<PageRequest, Task<string>> act) => Map(HttpMethods.Post, path,
        ConsoleGuard.ForViewers(async page => await Answers.GoTo(page, await act(page))));

    /// <summary>
    /// Something that a form does, with an answer of its own, for example a secret that is shown once.
    /// </summary>
    public void MapForm(string path, Func<PageRequest, Task> act) =>
        Map(HttpMethods.Post, path, ConsoleGuard.ForViewers(act));

    /// <summary>A stream or a file for people who are signed in.</summary>
    public void MapStream(string path, Func<PageRequest, Task> write) =>
        Map(HttpMethods.Get, path, ConsoleGuard.ForViewers(write));

    /// <summary>A route for everybody.</summary>
    public void MapOpen(string method, string path, Func<PageRequest, Task> answer) =>
        Map(method, path, ConsoleGuard.ForAll(answer));

    private void Map(string method, string path, RequestDelegate answer) =>
        routes.MapMethods($"{PageRequest.Root}/{path}", [method], answer)
            .WithMetadata(new ConsoleRoute(path)).ExcludeFromDescription();
}

/// <summary>Marks a route of the console.</summary>
/// <param name="Path">Below the console's root.</param>
internal sealed record ConsoleRoute(string Path);
