using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;
using Fleet.Core.Checkouts;
using Fleet.Core.Errors;
using Fleet.Server.Api.Rest;
using Fleet.Server.Grains;

namespace Fleet.Server.Hosting;

/// <summary>The till of the canary, and its reader, which is made and removed at will.</summary>
/// <param name="http">Sends to Fleet, with the key.</param>
/// <param name="merchant">The code of its merchant.</param>
/// <param name="grains">Ends a payment for which the key need not suffice.</param>
internal sealed class CanaryTill(HttpClient http, string merchant, ReaderGrainFactory grains)
{
    /// <summary>The name of the reader, which is in the default store.</summary>
    private const string Reader = "Canary";

    private const string Order =
        """{"total_amount":{"currency":"EUR","minor_unit":2,"value":100},"description":"Canary"}""";

    /// <summary>Seconds that an outcome is waited for.</summary>
    private const int OutcomeSeconds = 20;

    private static readonly string Offline = ErrorCatalogue.Of(RefusalCode.ReaderOffline).Code;

    private readonly string _readers = $"/v0.1/merchants/{merchant}/readers";
    private string? _last;

    /// <summary>One payment; null when it was made, or else what stopped it.</summary>
    public async Task<string?> Pay(CancellationToken cancel)
    {
        if (await FindReader(cancel) is { } reader)
        {
            var trouble = await PayOn(reader, cancel);
            if (trouble != Offline) return trouble;
            await Remove(reader, cancel); // the node that ran it is gone
        }
        using var order = Json($$"""{"name":"{{Reader}}","scenario":"approve"}""");
        using (var made = await http.PostAsync("/fleet/v1/test/readers", order, cancel)) made.EnsureSuccessStatusCode();
        return await FindReader(cancel) is { } next ? await PayOn(next, cancel) : "the new reader is not listed";
    }

    /// <summary>Removes the reader on which the last payment was made, if there was one.</summary>
    public Task RemoveReader(CancellationToken cancel) => _last is { } last ? Remove(last, cancel) : Task.CompletedTask;

    private async Task<string?> FindReader(CancellationToken cancel)
    {
        var list = await Read(await http.GetAsync(_readers, cancel), ApiJson.Default.ReaderListView, cancel);
        return list?.Items.FirstOrDefault(one => one.Name is Reader)?.Id;
    }

    private async Task Remove(string readerId, CancellationToken cancel)
    {
        using var gone = await http.DeleteAsync($"{_readers}/{readerId}", cancel);
    }

    private async Task<string?> PayOn(string readerId, CancellationToken cancel)
    {
        _last = readerId;
        var path = $"{_readers}/{readerId}/checkout";
        using var order = Json(Order);
        using var answer = await http.PostAsync(path, order, cancel);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity)
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
            return await Abandon(readerId, body.RootElement)
                ? Offline
                : body.RootElement.TryGetProperty("error_code", out var code) ? code.GetString() : "a refusal";
        }
        var created = await Read(answer, ApiJson.Default.CheckoutCreatedView, cancel);
        var outcome = await Read(await http.GetAsync(
            $"{path}/{created?.Data.CheckoutId}?wait={OutcomeSeconds}", cancel), ApiJson.Default.CheckoutView, cancel);
        return outcome?.Data.Status is "successful" ? null : $"the payment is {outcome?.Data.Status}";
    }

    /// <summary>
    /// Ends the payment that holds the reader, when its device is gone and will never report it. A reader that is
    /// connected is left alone, for its device goes on.
    /// </summary>
    /// <returns>Whether it is ended, so that the reader can be removed.</returns>
    private async Task<bool> Abandon(string readerId, JsonElement refusal)
    {
        if (!refusal.TryGetProperty("errors", out var errors)
            || !errors.TryGetProperty("checkout_id", out var id) || !id.TryGetGuid(out var checkoutId)) return false;
        return await grains[readerId].RecordOutcome(new(merchant), new(checkoutId, CheckoutState.Failed, 0,
            "The node that ran the reader of the canary lost its files.", "", Reader, Reader), note: null) is null;
    }

    private static async Task<T?> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using (answer)
            return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(type, cancel);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));
}
