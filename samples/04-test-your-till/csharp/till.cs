// Tests of a till against a Fleet process. The checks are plain code, so that they fit any test library.
//
//   dotnet run till.cs

using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

var fleet = new Fleet(
    Environment.GetEnvironmentVariable("FLEET") ?? "http://127.0.0.1:8080",
    Environment.GetEnvironmentVariable("KEY") ?? "sup_sk_sandbox",
    Environment.GetEnvironmentVariable("MERCHANT") ?? "MC0X0ABC");

await Test("paid", async (till, customer) =>
{
    var checkout = await till.Charge(1500);
    await customer.Act("present", """{"card": "visa"}""");
    return await till.Outcome(checkout) == "SUCCESSFUL";
});

await Test("declined", async (till, customer) =>
{
    var checkout = await till.Charge(1500);
    await customer.Act("present", """{"card": "declined"}""");
    return await till.Outcome(checkout) == "FAILED declined";
});

await Test("cancelled by the customer", async (till, customer) =>
{
    await customer.Act("script", """{"steps": [{"do": "press", "key": "cancel"}]}""");
    return await till.Outcome(await till.Charge(1500)) == "CANCELLED customer_cancelled";
});

await Test("terminated", async (till, customer) =>
{
    var checkout = await till.Charge(1500);
    await customer.WaitFor("card");
    await till.Terminate();
    return await till.Outcome(checkout) == "CANCELLED terminated";
});

await Test("no card", async (till, customer) =>
{
    await customer.Act("scenario", """{"scenario": "no-card-in-time"}""");
    return await till.Outcome(await till.Charge(1500)) == "CANCELLED no_card_in_time";
});

await Test("result lost and found", async (till, customer) =>
{
    await customer.Act("link", """{"die_after_charge": true}""");
    var checkout = await till.Charge(1500);
    var after = await customer.Act("present", """{"card": "visa", "wait_seconds": 10}""");
    return (int?)after["scene"]?["charges"] == 1 && await till.Outcome(checkout) == "SUCCESSFUL";
});

await Test("device switched off", async (till, customer) =>
{
    var checkout = await till.Charge(1500);
    await customer.WaitFor("card");
    await customer.Act("power", """{"wait_seconds": 10}""");
    return await till.Outcome(checkout) == "FAILED reader_lost";
});

// One test: a reader of its own, which is gone afterwards.
async Task Test(string name, Func<Till, Customer, Task<bool>> run)
{
    var customer = await Customer.Arrive(fleet);
    var passed = await run(new(fleet, customer.Reader), customer);
    await customer.Leave();
    Console.WriteLine($"{(passed ? "ok" : "not ok")} - {name}");
    if (!passed) Environment.ExitCode = 1;
}

/// <summary>The program under test: here it charges, terminates, and waits for the outcome.</summary>
sealed class Till(Fleet fleet, string reader)
{
    private readonly string _readers = $"/v0.1/merchants/{fleet.Merchant}/readers/{reader}";

    public async Task<string> Charge(int cents)
    {
        var order = $$"""{"total_amount": {"currency": "EUR", "minor_unit": 2, "value": {{cents}} } }""";
        var told = await fleet.Call(HttpMethod.Post, $"{_readers}/checkout", order);
        return (string?)told["data"]?["checkout_id"] ?? throw new JsonException("There is no checkout.");
    }

    public Task Terminate() => fleet.Call(HttpMethod.Post, $"{_readers}/terminate", "{}");

    public async Task<string> Outcome(string checkout)
    {
        var told = await fleet.Call(HttpMethod.Get, $"/fleet/v1/checkouts/{checkout}/outcome?seconds=30");
        return $"{told["state"]} {told["reason"]?["code"]}".Trim();
    }
}

/// <summary>What happens at the reader.</summary>
sealed class Customer(Fleet fleet, string reader)
{
    private readonly string _path = $"/fleet/v1/test/readers/{reader}";

    public string Reader => reader;

    public static async Task<Customer> Arrive(Fleet fleet)
    {
        var made = await fleet.Call(HttpMethod.Post, "/fleet/v1/test/readers", """{"name": "Test lane"}""");
        return new(fleet, (string?)made["readers"]?[0]?["reader_id"] ?? throw new JsonException("There is no reader."));
    }

    public Task<JsonNode> Act(string what, string wish) => fleet.Call(HttpMethod.Post, $"{_path}/{what}", wish);

    public async Task WaitFor(string screen)
    {
        var state = await fleet.Call(HttpMethod.Get, _path);
        while ((string?)state["scene"]?["screen"] != screen)
            state = await fleet.Call(HttpMethod.Get, $"{_path}?wait_seconds=10&since={state["scene"]?["version"]}");
    }

    public Task Leave() => fleet.Call(HttpMethod.Delete, $"/v0.1/merchants/{fleet.Merchant}/readers/{reader}");
}

/// <summary>Requests to Fleet.</summary>
sealed class Fleet
{
    private readonly HttpClient _http;

    public Fleet(string address, string key, string merchant)
    {
        (_http, Merchant) = (new() { BaseAddress = new(address) }, merchant);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public string Merchant { get; }

    /// <summary>One request, and its answer.</summary>
    public async Task<JsonNode> Call(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) throw new HttpRequestException($"{path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text.Length == 0 ? "{}" : text) ?? throw new JsonException("The answer is null.");
    }
}
