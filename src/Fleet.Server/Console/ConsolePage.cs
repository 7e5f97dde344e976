using Microsoft.AspNetCore.Components;

namespace Fleet.Server.Console;

/// <summary>
/// A page: it renders what was read for it, and reads nothing itself. It is public, with the types that it shows,
/// because Razor makes every component public.
/// </summary>
/// <typeparam name="TView">What it shows; the page's JSON is the same.</typeparam>
public abstract class ConsolePage<TView> : ComponentBase where TView : notnull
{
    [Parameter, EditorRequired]
    public required PageRequest Request { get; set; }

    [Parameter, EditorRequired]
    public required TView View { get; set; }
}
