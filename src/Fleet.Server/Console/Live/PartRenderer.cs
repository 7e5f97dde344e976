using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;

namespace Fleet.Server.Console.Live;

/// <summary>Renders parts of pages without a request, for all viewers.</summary>
internal sealed class PartRenderer(IServiceProvider services, ILoggerFactory logs)
{
    /// <summary>The HTML of a part.</summary>
    /// <param name="parameters">Its parameters by their names.</param>
    public async Task<string> Render<TPart>(params (string Name, object? Value)[] parameters) where TPart : IComponent
    {
        await using var renderer = new HtmlRenderer(services, logs);
        var given = ParameterView.FromDictionary(parameters.ToDictionary(one => one.Name, one => one.Value));
        return await renderer.Dispatcher.InvokeAsync(async () =>
            (await renderer.RenderComponentAsync<TPart>(given)).ToHtmlString());
    }
}
