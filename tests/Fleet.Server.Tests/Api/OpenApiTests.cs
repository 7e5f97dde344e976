using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Fleet.Server.Tests;

/// <summary>
/// Our own API description, held against the file beside this one so that a change of the API is a line in a diff.
/// When the change is meant, copy the file the failing test names over the one beside this and look at what git says.
/// </summary>
public sealed partial class OpenApiTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private static readonly HttpClient Http = new();

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_description_is_the_one_that_was_agreed() =>
        await Golden.Check("openapi.json", await Description());

    [Theory]
    [InlineData("a\nb\nc", "a\nx\nc", "line 2\n  a\n- b\n+ x\n  c")]
    [InlineData("a\nb", "a\nb\nc", "line 3\n  a\n  b\n+ c")]
    [InlineData("a\nb\nc", "a\nc", "line 2\n  a\n- b\n  c")]
    [InlineData("a\nb\nc\nd\ne\nf", "b\nc\nd\ne\ng", "line 1\n- a\n  b\n  c\nline 6\n  d\n  e\n- f\n+ g")]
    public void A_difference_is_shown_by_its_lines(string agreed, string now, string shown) =>
        Assert.Equal(shown, Golden.Differences(agreed, now));

    [Fact]
    public void Of_many_differences_the_first_are_shown()
    {
        var lines = Enumerable.Range(1, 7_000).ToList();
        var shown = Golden.Differences(string.Join('\n', lines), string.Join('\n', lines.Select(line => line * 8)));

        Assert.Equal(61, shown.Split('\n').Length);
        Assert.EndsWith(" lines more", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_operation_describes_how_it_refuses()
    {
        var operations = JsonElement.Parse(await Description()).GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Where(member => member.Name is not "parameters"),
                (path, operation) => (NamesSomething: path.Name.Contains('{'), operation.Value));

        Assert.All(operations, operation =>
        {
            Assert.True(operation.Value.TryGetProperty("operationId", out _));
            Assert.True(operation.Value.GetProperty("responses").TryGetProperty("401", out _));
            Assert.Equal(operation.NamesSomething,
                operation.Value.GetProperty("responses").TryGetProperty("404", out _));
        });
    }

    [Fact]
    public async Task The_reference_page_needs_nothing_from_another_host()
    {
        var page = new Uri(fleet.Address, "/docs/");
        using var answer = await Http.GetAsync(new Uri(fleet.Address, "/docs"), Cancel);
        var html = await answer.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotMatch(@"(src|href)\s*=\s*[""']?\s*(https?:)?//", html);
        var sources = Sources().Matches(html).Select(match => match.Groups["source"].Value).ToArray();
        Assert.NotEmpty(sources);
        foreach (var source in sources) Assert.NotEmpty(await Http.GetByteArrayAsync(new Uri(page, source), Cancel));
    }

    [Theory]
    [InlineData("\"withDefaultFonts\":false")] // or its script fetches fonts from the net
    [InlineData("\"telemetry\":false")] // or its script reports to its maker
    public async Task The_reference_page_fetches_and_reports_nothing_elsewhere(string setting)
    {
        var html = await Http.GetStringAsync(new Uri(fleet.Address, "/docs"), Cancel);

        Assert.Contains(setting, html.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private async Task<string> Description()
    {
        using var answer = await Http.GetAsync(new Uri(fleet.Address, "/openapi/v1.json"), Cancel);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonSerializer.Serialize(await answer.Json(), Readable) + "\n";
    }

    [GeneratedRegex(@"<script[^>]*\ssrc=[""'](?<source>[^""']+)")]
    private static partial Regex Sources();
}
