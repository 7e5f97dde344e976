using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Fleet.Server.Console.Live;

/// <summary>Renders a component to the HTML of a live part, which is for all viewers.</summary>
internal sealed class Fragments(IServiceScopeFactory scopes, ILoggerFactory logs)
{
    /// <summary>Renders components of one kind, each with its own parameters.</summary>
    /// <param name="parts">The id of each part's element, and the parameters of its component.</param>
    public async Task<IReadOnlyList<LivePart>> Render<TComponent>(
        IEnumerable<(string Id, Dictionary<string, object?> Parameters)> parts) where TComponent : IComponent
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var renderer = new HtmlRenderer(scope.ServiceProvider, logs);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var made = new List<LivePart>();
            foreach (var (id, parameters) in parts)
            {
                var html = await renderer.RenderComponentAsync<TComponent>(ParameterView.FromDictionary(parameters));
                made.Add(new(id, html.ToHtmlString()));
            }
            return made;
        });
    }
}
