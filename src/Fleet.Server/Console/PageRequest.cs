using Fleet.Core.Access;
using Fleet.Server.Access;
using Microsoft.AspNetCore.Antiforgery;

namespace Fleet.Server.Console;

/// <summary>A request of the console: who asks, for what, and the API with the rights of that person.</summary>
public sealed class PageRequest
{
    private readonly HttpContext _http;

    internal PageRequest(HttpContext http) => (_http, Api) = (http, new(http));

    /// <summary>The first segment of all addresses of the console.</summary>
    public const string Root = "/console";

    /// <summary>Calls Fleet's own API.</summary>
    internal ApiCalls Api { get; }

    internal HttpContext Http => _http;

    public CancellationToken Aborted => _http.RequestAborted;

    /// <summary>The person; null on the pages for signing in.</summary>
    internal Viewer? Viewer => _http.Features.Get<Viewer>();

    /// <summary>What all links of a page are relative to.</summary>
    public string Base => $"{_http.Request.PathBase}{Root}/";

    /// <summary>The address of this page relative to <see cref="Base"/>, with its filters.</summary>
    public string Here => $"{_http.Request.Path.Value?[Root.Length..].TrimStart('/')}{_http.Request.QueryString}";

    /// <summary>The merchant of this page: that in the path, or of the person's key; null for the chain.</summary>
    public string? MerchantCode => _http.GetRouteValue("merchant_code") as string ?? Viewer?.Grant.MerchantCode;

    /// <summary>The token that proves that a form is from this page.</summary>
    public string FormToken => Get<IAntiforgery>().GetAndStoreTokens(_http).RequestToken ?? "";

    internal T Get<T>() where T : notnull => _http.RequestServices.GetRequiredService<T>();

    /// <summary>A value of the path.</summary>
    public string Route(string name) => _http.GetRouteValue(name) as string ?? "";

    /// <summary>A filter in the address, without spaces around it; empty when it is absent.</summary>
    public string Query(string name) => _http.Request.Query[name].ToString().Trim();

    /// <summary>A field of the form that was sent; empty when it is absent.</summary>
    public string Form(string name) =>
        _http.Request.HasFormContentType ? _http.Request.Form[name].ToString().Trim() : "";

    /// <summary>All values of a field of the form that was sent.</summary>
    public IReadOnlyList<string> FormAll(string name) =>
        _http.Request.HasFormContentType ? [.. _http.Request.Form[name].OfType<string>()] : [];

    /// <summary>Whether the person's key has a scope.</summary>
    public bool Can(Scopes scope) => Viewer?.Grant.Scopes.HasFlag(scope) is true;

    /// <summary>This page's address with one filter changed; empty removes it.</summary>
    public string With(string name, string value)
    {
        var query = _http.Request.Query.Where(one => one.Key != name)
            .SelectMany(one => one.Value.Select(text => KeyValuePair.Create(one.Key, text)))
            .Append(new(name, value)).Where(one => one.Value is { Length: > 0 });
        return $"{Here.Split('?')[0]}{QueryString.Create(query)}";
    }
}

/// <summary>Who is signed in, and what the person may do now.</summary>
internal sealed record Viewer(ConsoleSession Session, KeyGrant Grant)
{
    /// <summary>What the console calls the person.</summary>
    public string Name => Session.Person.Length > 0 ? Session.Person : Grant.Name.Length > 0 ? Grant.Name : Grant.Id;
}
