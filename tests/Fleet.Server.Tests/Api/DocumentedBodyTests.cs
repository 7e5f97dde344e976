namespace Fleet.Server.Tests;

/// <summary>
/// The JSON of the documents: what is the body of a request is sent as it is printed, to the route that its page names.
/// The bodies of docs/create-checkout.md are those of the API description, which <see cref="OpenApiExampleTests"/>
/// send.
/// </summary>
public sealed class DocumentedBodyTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Request = "a request", Settings = "settings", Frames = "frames", Webhook = "a webhook",
        Answer = "an answer", Journal = "a journal", Export = "a line of an export";

    /// <summary>What each block is, page by page, from its top to its bottom.</summary>
    private static readonly Dictionary<string, string[]> Blocks = new()
    {
        ["cloud-api.md"] = [Request],
        ["configuration.md"] = [Settings],
        ["create-checkout.md"] = [Request, Request, Request, Answer],
        ["incidents.md"] = [Webhook],
        ["keys.md"] = [Settings],
        ["link-protocol.md"] = [Frames, Frames, Frames, Frames],
        ["reader-settings.md"] = [Request],
        ["retention.md"] = [Export, Export],
        ["simulator.md"] = [Journal],
        ["webhooks.md"] = [Webhook, Webhook],
    };

    [Fact]
    public void It_is_known_what_each_block_of_the_documents_is()
    {
        var found = Directory.EnumerateFiles(Path.Combine(Tree.Root, "docs"), "*.md")
            .Select(path => (Page: Path.GetFileName(path), Count: BlocksOf(Path.GetFileName(path)).Length))
            .Where(page => page.Count > 0).Select(page => $"{page.Page} has {page.Count}").Order();
        Assert.Equal(Blocks.Select(page => $"{page.Key} has {page.Value.Length}").Order(), found);
    }

    [Fact]
    public async Task The_payment_that_is_answered_with_its_outcome_is_taken_as_printed()
    {
        const string route = "POST /v0/merchants/{merchant_code}/readers/{reader_id}/go-checkout";
        await using var device = await fleet.PairedDevice();
        var body = BodyFor("cloud-api.md", route);
        var asked = fleet.Till.Send(HttpMethod.Post, PathOf(route, device), body);
        await device.Pay();
        using var answer = await asked;
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task The_change_of_the_settings_of_a_reader_is_applied_as_printed()
    {
        await using var device = await fleet.LockableDevice();
        var body = BodyFor("reader-settings.md", "PATCH /{reader_id}/settings");
        var asked = fleet.Till.Send(HttpMethod.Patch, $"readers/{device.ReaderId}/settings", body);
        await device.Apply();
        using var answer = await asked;
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static string PathOf(string route, TestDevice device) => route.Split(' ')[1]
        .Replace("{merchant_code}", FleetApp.Merchant, StringComparison.Ordinal)
        .Replace("{reader_id}", device.ReaderId, StringComparison.Ordinal);

    /// <summary>The one body of a page, which names the route.</summary>
    private static StringContent BodyFor(string page, string route)
    {
        Assert.Contains($"`{route}`", TextOf(page), StringComparison.Ordinal);
        return Lane.Json(Assert.Single(BlocksOf(page)));
    }

    private static string[] BlocksOf(string page) =>
        [.. TextOf(page).Split("```json\n").Skip(1).Select(block => block.Split("```")[0])];

    private static string TextOf(string page) => File.ReadAllText(Path.Combine(Tree.Root, "docs", page));
}
