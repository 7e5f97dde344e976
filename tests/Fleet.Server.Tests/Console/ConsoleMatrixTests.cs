using System.Net;
using Fleet.Server.Console;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>
/// Every page and every form of the console with every kind of key: what is beyond a key's reach is answered as if it
/// did not exist.
/// </summary>
public sealed class ConsoleMatrixTests(TenantWorld world) : IClassFixture<TenantWorld>
{
    /// <summary>Routes without a session: signing in, and the files of the pages.</summary>
    private static readonly string[] Open =
    [
        "sign-in", "sign-in/provider", "enter", "files/console.css", "files/console.js", "files/icon.svg",
        "{**rest}", // for paths that have no page
    ];

    private readonly List<string> _wrong = [];
    private int _cells;

    private IReadOnlyList<(string Method, string Path)> Routes => [.. world.Fleet.Services
        .GetRequiredService<EndpointDataSource>().Endpoints
        .Select(one => (one, one.Metadata.GetMetadata<ConsoleRoute>(), one.Metadata.GetMetadata<HttpMethodMetadata>()))
        .Where(one => one.Item2 is not null)
        .Select(one => (one.Item3?.HttpMethods[0] ?? "", one.Item2?.Path ?? ""))
        .Where(route => !Open.Contains(route.Item2)).Distinct()];

    [Fact]
    public async Task Without_a_session_no_page_and_no_form_tells_anything()
    {
        using var stranger = Visitor.Of(world.Fleet);
        foreach (var (method, path) in Routes)
        {
            var told = await Ask(stranger, method, Fill(path, world.Mine));
            var refused = told.Status is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest
                || told.At.AbsolutePath.EndsWith("/sign-in", StringComparison.Ordinal);
            Check(refused && !Tells(told, world.Mine), method, path, told);
        }
        AssertAll();
    }

    [Theory]
    [InlineData("other")]
    [InlineData("store")]
    public async Task Objects_beyond_a_key_are_answered_as_if_they_did_not_exist(string kind)
    {
        using var visitor = await Visitor.SignIn(world.Fleet, world.Keys[kind] ?? "");
        var own = kind == "other" ? world.Theirs : world.Here;
        var random = Objects.Random with { Merchant = kind == "other" ? Objects.Random.Merchant : own.Merchant };
        var before = await world.State();
        foreach (var (method, path) in Routes.Where(route => route.Path.Contains('{')))
        {
            var beyond = await Ask(visitor, method, Fill(path, world.Mine));
            var nothing = await Ask(visitor, method, Fill(path, random));
            Check(!Tells(beyond, world.Mine), method, path, beyond);
            if (NamesMore(path, kind)) Check((int)beyond.Status is 400 or 403 or 404, method, path, beyond);
            Check(beyond.Status == nothing.Status, method, path, beyond);
        }
        Assert.Equal(before, await world.State());
        AssertAll();
    }

    [Theory]
    [InlineData("other")]
    [InlineData("store")]
    [InlineData("full")]
    public async Task Pages_show_what_is_within_reach_and_nothing_else(string kind)
    {
        using var visitor = await Visitor.SignIn(world.Fleet, world.Keys[kind] ?? "");
        var (own, foreign) = kind == "other" ? (world.Theirs, world.Mine) : (world.Here, world.Theirs);
        foreach (var (method, path) in Routes.Where(route => route.Method == "GET" && !IsStream(route.Path)))
        {
            var told = await Ask(visitor, method, Fill(path, own));
            var allowed = kind == "store" ? new[] { 200, 403 } : [200];
            Check(allowed.Contains((int)told.Status) || IsAbsent(path), method, path, told);
            Check(!Tells(told, foreign), method, path, told);
            if (kind == "store") Check(!Tells(told, world.Mine), method, path, told);
        }
        AssertAll();
    }

    [Fact]
    public async Task A_key_for_reading_changes_nothing()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, world.Keys["reading"] ?? "");
        var before = await world.State();
        foreach (var (method, path) in Routes.Where(route => route.Method == "POST" && route.Path != "sign-out"))
        {
            var told = await Ask(visitor, method, Fill(path, world.Mine));
            Check((int)told.Status is 400 or 401 or 403 or 404, method, path, told);
        }
        Assert.Equal(before, await world.State());
        AssertAll();
    }

    private static Task<Visitor.Answer> Ask(Visitor visitor, string method, string path) => method == "GET"
        ? IsStream(path) ? visitor.Peek(path) : visitor.Open(path)
        : visitor.Send("sessions", path);

    /// <summary>The session is not there, and a payment that is open has no receipt.</summary>
    private static bool IsAbsent(string path) => path.Contains("{session_id}") || path.Contains("/receipt");

    private static bool IsStream(string path) => path.EndsWith("/live", StringComparison.Ordinal);

    /// <summary>Whether a path names more than the merchant that the key has, too.</summary>
    private static bool NamesMore(string path, string kind) =>
        kind == "other" || path.Replace("{merchant_code}", "").Contains('{');

    private static bool Tells(Visitor.Answer told, Objects about) => about.Secrets
        .Where(secret => !told.At.ToString().Contains(secret)).Any(told.Text.Contains);

    private static string Fill(string path, Objects about) => path
        .Replace("{merchant_code}", about.Merchant).Replace("{store}", about.Store)
        .Replace("{reader_id}", about.Reader).Replace("{checkout_id}", about.Checkout)
        .Replace("{event_id}", about.Event).Replace("{incident_id}", about.Incident).Replace("{key_id}", about.Key)
        .Replace("{session_id}", "019ca8a0-3e80-7f0c-ba2b-53e6d0a22f1c").Replace("{serial}", about.Serial);

    private void Check(bool right, string method, string path, Visitor.Answer told)
    {
        _cells++;
        if (!right) _wrong.Add($"{method} {path}: {(int)told.Status} at {told.At}\n{told.Text}");
    }

    private void AssertAll()
    {
        Assert.True(_wrong.Count == 0, string.Join("\n\n", _wrong));
        Assert.True(_cells >= 10, "The console has pages.");
    }
}
