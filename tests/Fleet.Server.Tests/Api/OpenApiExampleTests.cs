using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Server.Tests;

/// <summary>Each example of the API description is sent as it is printed there, to a sandbox merchant.</summary>
public sealed class OpenApiExampleTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Store = "berlin-1", Code = "4WLFDSBF", Page = "docs/create-checkout.md";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Examples()
    {
        var examples = new TheoryData<string, string>();
        foreach (var (operation, described) in Described.Agreed.Operations)
        {
            foreach (var example in ExamplesOf(described)) examples.Add(operation, example.Name);
        }
        return examples;
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Each_example_is_answered_with_success(string operation, string name)
    {
        var (verb, path) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        var body = ExamplesOf(Described.Agreed.Operation(operation)).Single(one => one.Name == name).Value
            .GetProperty("value").GetRawText();
        await MakeStore();
        var reader = await MakeReaderFor(operation);
        if (body.Contains(Code, StringComparison.Ordinal))
            body = body.Replace(Code, await ShowCode(), StringComparison.Ordinal);

        using var content = new StringContent(body, new MediaTypeHeaderValue("application/json", "utf-8"));
        using var answer = await TillFor(operation).Send(new HttpMethod(verb), await Fill(path, reader), content);

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task The_page_about_the_call_shows_the_same_bodies()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Tree.Root, Page), Cancel);
        var shown = page.Split("```json\n").Skip(1).Select(block => JsonNode.Parse(block.Split("```")[0])).ToArray();
        var bodies = ExamplesOf(Described.Agreed.Operations.Single(operation =>
                $"{operation.Is.GetProperty("operationId")}" == "CreateReaderCheckout").Is)
            .Select(example => JsonNode.Parse(example.Value.GetProperty("value").GetRawText())).ToArray();

        Assert.Equal(3, bodies.Length);
        Assert.All(bodies, body => Assert.Contains(shown, block => JsonNode.DeepEquals(block, body)));
    }

    private static JsonElement.ObjectEnumerator ExamplesOf(JsonElement operation) =>
        operation.TryGetProperty("requestBody", out var body)
            && body.GetProperty("content").GetProperty("application/json").TryGetProperty("examples", out var examples)
            ? examples.EnumerateObject()
            : default; // which has none

    /// <summary>The merchant of the other examples has the store that this one makes.</summary>
    private Till TillFor(string operation) => operation is "POST /fleet/v1/stores"
        ? fleet.TillOf(FleetApp.OtherMerchant, FleetApp.OtherKey)
        : fleet.Till;

    /// <summary>A store may be there from an example before.</summary>
    private async Task MakeStore() => (await fleet.Till.Post("/fleet/v1/stores", new { store = Store })).Dispose();

    /// <summary>A reader whose customers pay at once, or that waits for the customer of the test.</summary>
    private Task<string> MakeReaderFor(string operation) => fleet.Till.MakeReader(
        operation.Contains("/test/", StringComparison.Ordinal) ? new { store = Store }
        : new { store = Store, scenario = "solo", pace = 0 });

    private async Task<string> ShowCode()
    {
        var device = await fleet.Device();
        await device.Introduce();
        return (await device.Expect<Protocol.PairingCode>()).Code;
    }

    private async Task<string> Fill(string path, string reader)
    {
        var filled = path.Replace("{merchant_code}", FleetApp.Merchant, StringComparison.Ordinal)
            .Replace("{reader_id}", reader, StringComparison.Ordinal)
            .Replace("{store}", Store, StringComparison.Ordinal);
        if (filled.Contains("terminate", StringComparison.Ordinal)) await Start(reader);
        return filled.Contains("{transaction_id}", StringComparison.Ordinal)
            ? filled.Replace("{transaction_id}", $"{await Pay(reader)}", StringComparison.Ordinal)
            : filled;
    }

    /// <summary>A checkout that stays open: its customer does nothing.</summary>
    private async Task Start(string reader)
    {
        await fleet.Till.Act(reader, "scenario", new { scenario = "manual" });
        await fleet.Till.Charge(reader);
    }

    private async Task<Guid> Pay(string reader)
    {
        var checkout = await fleet.Till.Charge(reader);
        await Eventually.Equal("successful", () => fleet.Till.Outcome(reader, checkout));
        return checkout;
    }
}
