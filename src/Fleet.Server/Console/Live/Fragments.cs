using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Fleet.Server.Console.Live;

/// <summary>Renders parts of pages outside of a request, for what is shown live.</summary>
internal sealed class Fragments(IServiceProvider services, ILoggerFactory logs)
{
    /// <summary>Renders some parts that change together.</summary>
    /// <param name="parts">For each its id, its component and what that shows.</param>
    public async Task<IReadOnlyList<LivePart>> Render(IEnumerable<FragmentOf> parts)
    {
        await using var renderer = new HtmlRenderer(services, logs); // it keeps all that it ever rendered
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var rendered = new List<LivePart>();
            foreach (var (id, component, shows) in parts)
            {
                var root = await renderer.RenderComponentAsync(component, ParameterView.FromDictionary(shows));
                rendered.Add(new(id, root.ToHtmlString()));
            }
            return rendered;
        });
    }
}

/// <summary>A part of a page to render.</summary>
/// <param name="Id">The id of its element.</param>
/// <param name="Component">The type of its component.</param>
/// <param name="Shows">What it shows, by the names of its parameters.</param>
internal sealed record FragmentOf(string Id, Type Component, Dictionary<string, object?> Shows);
