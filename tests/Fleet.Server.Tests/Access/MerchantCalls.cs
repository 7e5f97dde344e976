using System.Net;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>Calls that make and change merchants, with the chain's own key.</summary>
internal static class MerchantCalls
{
    public const string Path = "/fleet/v1/merchants";

    private static int _serial;

    /// <summary>Makes a sandbox merchant, or <paramref name="ask"/>, which must work; its code.</summary>
    public static async Task<string> MakeMerchant(this FleetApp fleet, Func<string, object>? ask = null)
    {
        var code = $"MADE{Interlocked.Increment(ref _serial):0000}";
        using var answer = await fleet.HeadOffice()
            .Post(Path, ask?.Invoke(code) ?? new { merchant_code = code, sandbox = true, name = "Corner shop" });
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.StatusCode}: {body}");
        return code;
    }

    /// <summary>A till of a merchant that was made, with the chain's key.</summary>
    public static Till TillOf(this FleetApp fleet, string code) => fleet.TillOf(code, FleetApp.ChainKey);

    /// <summary>Changes a merchant, which must work; the merchant afterwards.</summary>
    public static async Task<JsonElement> Change(this FleetApp fleet, string path, object ask)
    {
        using var answer = await fleet.HeadOffice().Post($"{Path}/{path}", ask);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode is HttpStatusCode.OK, $"{answer.StatusCode}: {body}");
        return JsonElement.Parse(body);
    }

    /// <summary>Changes what is said of a merchant.</summary>
    public static Task<HttpResponseMessage> Update(this FleetApp fleet, string code, object ask) =>
        fleet.HeadOffice().Patch($"{Path}/{code}", ask);

    /// <summary>What is told of a merchant.</summary>
    public static async Task<JsonElement> ReadMerchant(this FleetApp fleet, string code)
    {
        using var answer = await fleet.HeadOffice().Get($"{Path}/{code}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    /// <summary>The word with which a till is refused.</summary>
    public static async Task<string?> RefusedStart(
        this Till till, string readerId, object body, params (string Name, string Value)[] headers)
    {
        using var answer = await till.Post($"readers/{readerId}/checkout", body, headers);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        return (await answer.Json()).GetProperty("errors").GetProperty("type").GetString();
    }
}
