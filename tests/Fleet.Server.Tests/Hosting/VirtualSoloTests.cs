using System.Net;
using System.Text.RegularExpressions;
using Fleet.Server.Hosting;

namespace Fleet.Server.Tests;

/// <summary>The page of the Virtual Solo, as a browser asks for it.</summary>
public sealed partial class VirtualSoloTests : IAsyncLifetime
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private FleetApp? _fleet;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("There is no node.");

    private static string Folder => Path.Combine(Tree.Root, "src/Fleet.Server/VirtualSolo");

    private static IEnumerable<string> Files =>
        [.. Directory.GetFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync() =>
        _fleet = await FleetApp.Start(null, "--sandbox=true", "--sandbox-readers=false");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Fleet.DisposeAsync();
    }

    [Fact]
    public async Task A_sandbox_serves_every_file_of_the_page_and_nothing_else()
    {
        foreach (var file in Files)
        {
            using var answer = await Ask($"/{file}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, file), Cancel),
                await answer.Content.ReadAsStringAsync(Cancel));
            Assert.Equal(MediaTypeOf(file), answer.Content.Headers.ContentType?.MediaType);
        }
        foreach (var file in new[] { "/none.js", "/page", "/../appsettings.json", "/page/..%2f..%2fappsettings.json" })
        {
            using var answer = await Ask(file);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_page_loads_nothing_from_elsewhere_and_has_nothing_inside_itself()
    {
        using var answer = await Ask("/");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        var page = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.DoesNotMatch("<style|style=|<script>|\\son[a-z]+=|https?://", page);
        Assert.All(Addresses().Matches(page).Select(match => match.Groups["to"].Value),
            address => Assert.False(address.StartsWith('/'), address));
    }

    [Fact]
    public async Task A_browser_keeps_a_file_as_long_as_it_is_the_newest()
    {
        using var first = await Ask("/page/main.js");
        using var request = new HttpRequestMessage(HttpMethod.Get, AddressOf("/page/main.js"));
        request.Headers.IfNoneMatch.Add(first.Headers.ETag ?? throw new InvalidOperationException("There is no tag."));
        using var again = await _http.SendAsync(request, Cancel);

        Assert.Equal("no-cache", first.Headers.CacheControl?.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }

    [Fact]
    public async Task The_address_without_a_slash_leads_to_the_page_also_behind_a_proxy_that_adds_to_the_path()
    {
        using var answer = await Ask("?readers=3");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("virtual-solo/?readers=3", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task A_node_that_is_no_sandbox_has_no_such_page()
    {
        await using var live = await FleetApp.Start(null, "--sandbox=false");
        foreach (var path in new[] { "", "/", "/page/main.js" })
        {
            using var answer = await _http.GetAsync(new Uri(live.Address, VirtualSolo.Path + path), Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    private Task<HttpResponseMessage> Ask(string file) => _http.GetAsync(AddressOf(file), Cancel);

    private Uri AddressOf(string file) => new(Fleet.Address, VirtualSolo.Path + file);

    private static string MediaTypeOf(string file) => Path.GetExtension(file) switch
    {
        ".css" => "text/css",
        ".html" => "text/html",
        ".js" => "text/javascript",
        _ => "image/svg+xml",
    };

    [GeneratedRegex("(?:src|href)=\"(?<to>[^\"]+)\"")]
    private static partial Regex Addresses();
}
