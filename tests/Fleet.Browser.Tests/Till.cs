using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Fleet.Browser.Tests;

/// <summary>A till of the sandbox merchant.</summary>
public sealed class Till(Uri address)
{
    public const string Merchant = "MC0X0ABC", Key = "sup_sk_sandbox";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(90) };

    /// <summary>Whether the node answers.</summary>
    public async Task<bool> IsReady()
    {
        try
        {
            using var answer = await Send(HttpMethod.Get, "readers");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    /// <summary>Enters a code, and returns the id of the reader.</summary>
    public async Task<string> Pair(string code, string name)
    {
        using var answer = await Send(HttpMethod.Post, "readers", new { pairing_code = code, name });
        return $"{(await Read(answer, HttpStatusCode.Created)).GetProperty("id")}";
    }

    /// <summary>Starts a checkout of so many cents.</summary>
    public async Task<string> Start(string readerId, long cents, params decimal[] tips)
    {
        var total = new { currency = "EUR", minor_unit = 2, value = cents };
        object body = tips is []
            ? new { total_amount = total, description = "Table 4" }
            : new { total_amount = total, description = "Table 4", tip_rates = tips, tip_timeout = 60 };
        using var answer = await Send(HttpMethod.Post, $"readers/{readerId}/checkout", body);
        return $"{(await Read(answer, HttpStatusCode.Created)).GetProperty("data").GetProperty("checkout_id")}";
    }

    /// <summary>
    /// Lets the customer present a card, and choose a tip first: the state of the checkout after that.
    /// </summary>
    public async Task<string> Present(string readerId, decimal tipRate)
    {
        var wish = new { card = "visa", tip_rate = tipRate, wait_seconds = 10 };
        using var answer = await Send(HttpMethod.Post, $"/fleet/v1/test/readers/{readerId}/present", wish);
        return $"{(await Read(answer, HttpStatusCode.OK)).GetProperty("checkout").GetProperty("state")}";
    }

    /// <summary>Locks the menu of a reader: what the answer says of that.</summary>
    public async Task<string> LockMenu(string readerId, string passcode)
    {
        var body = new { menu_lock = new { enabled = true, passcode } };
        using var answer = await Send(HttpMethod.Patch, $"readers/{readerId}/settings", body);
        return $"{(await Read(answer, HttpStatusCode.OK)).GetProperty("data").GetProperty("status")}";
    }

    public async Task Terminate(string readerId)
    {
        using var answer = await Send(HttpMethod.Post, $"readers/{readerId}/terminate", new { });
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    /// <summary>Waits for the end of a checkout: its status, and the reason if there is one.</summary>
    public async Task<string> Outcome(string readerId, string checkoutId)
    {
        using var answer = await Send(HttpMethod.Get, $"readers/{readerId}/checkout/{checkoutId}?wait=60");
        var checkout = (await Read(answer, HttpStatusCode.OK)).GetProperty("data");
        var status = checkout.GetProperty("status");
        return checkout.GetProperty("payment_failure_reason").GetString() is { } why ? $"{status}/{why}" : $"{status}";
    }

    /// <summary>The ids of all readers by their serial numbers.</summary>
    public async Task<IReadOnlyDictionary<string, string>> PairedReaders()
    {
        using var answer = await Send(HttpMethod.Get, "readers");
        return (await Read(answer, HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .ToDictionary(one => $"{one.GetProperty("device").GetProperty("identifier")}",
                one => $"{one.GetProperty("id")}");
    }

    /// <summary>Makes a reader whose device runs at the node, and returns its id.</summary>
    public async Task<string> MakeReader(string name)
    {
        using var answer = await Send(HttpMethod.Post, "/fleet/v1/test/readers", new { count = 1, name });
        var made = (await Read(answer, HttpStatusCode.OK)).GetProperty("readers")[0];
        return $"{made.GetProperty("reader_id")}";
    }

    /// <summary>Switches the device of a reader off for so long.</summary>
    public async Task PowerOff(string readerId, int milliseconds)
    {
        using var answer = await Send(
            HttpMethod.Post, $"/fleet/v1/test/readers/{readerId}/power", new { off_ms = milliseconds });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    public async Task Delete(string readerId)
    {
        using var answer = await Send(HttpMethod.Delete, $"readers/{readerId}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary><c>ONLINE</c> or <c>OFFLINE</c>.</summary>
    public async Task<string> StatusOf(string readerId)
    {
        using var answer = await Send(HttpMethod.Get, $"readers/{readerId}/status");
        return $"{(await Read(answer, HttpStatusCode.OK)).GetProperty("data").GetProperty("status")}";
    }

    /// <param name="method">The method of HTTP.</param>
    /// <param name="path">Below the merchant, or from the root when it begins with a slash.</param>
    /// <param name="body">Sent as JSON.</param>
    private async Task<HttpResponseMessage> Send(HttpMethod method, string path, object? body = null)
    {
        var ours = new Uri(address, $"/v0.1/merchants/{Merchant}/");
        using var request = new HttpRequestMessage(method, new Uri(ours, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (body is not null) request.Content = JsonContent.Create(body);
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }
}
