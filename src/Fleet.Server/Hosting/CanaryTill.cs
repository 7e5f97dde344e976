using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;
using Fleet.Core.Access;
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

    /// <summary>Readers, of which all but one are held by payments whose device is gone.</summary>
    private const int MaxReaders = 3;

    private static readonly string Offline = ErrorCatalogue.Of(RefusalCode.ReaderOffline).Code;

    private static readonly string Busy = ErrorCatalogue.Of(RefusalCode.ReaderBusy).Code;

    private readonly string _readers = $"/v0.1/merchants/{merchant}/readers";
    private string? _last;

    /// <summary>One payment; null when it was made, or else what stopped it.</summary>
    public async Task<string?> Pay(CancellationToken cancel)
    {
        foreach (var reader in await ListReaders(cancel))
        {
            var (trouble, isFree) = await PayOn(reader, cancel);
            if (trouble != Offline && trouble != Busy) return trouble;
            if (isFree) await Remove(reader, cancel); // the node that ran it is gone
        }
        var left = await ListReaders(cancel);
        if (left.Count >= MaxReaders) return "its readers are held by payments without an end";
        using var order = Json($$"""{"name":"{{Reader}}","scenario":"approve"}""");
        using (var made = await http.PostAsync("/fleet/v1/test/readers", order, cancel)) made.EnsureSuccessStatusCode();
        return (await ListReaders(cancel)).Except(left).FirstOrDefault() is { } next
            ? (await PayOn(next, cancel)).Trouble
            : "the new reader is not listed";
    }

    /// <summary>Removes the reader on which the last payment was made, if there was one.</summary>
    public Task RemoveReader(CancellationToken cancel) => _last is { } last ? Remove(last, cancel) : Task.CompletedTask;

    private async Task<List<string>> ListReaders(CancellationToken cancel)
    {
        var list = await Read(await http.GetAsync(_readers, cancel), ApiJson.Default.ReaderListView, cancel);
        return [.. (list?.Items ?? []).Where(one => one.Name is Reader).Select(one => one.Id)];
    }

    private async Task Remove(string readerId, CancellationToken cancel)
    {
        using var gone = await http.DeleteAsync($"{_readers}/{readerId}", cancel);
    }

    private async Task<(string? Trouble, bool IsFree)> PayOn(string readerId, CancellationToken cancel)
    {
        _last = readerId;
        var path = $"{_readers}/{readerId}/checkout";
        using var order = Json(Order);
        using var answer = await http.PostAsync(path, order, cancel);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity)
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
            var refusal = body.RootElement.TryGetProperty("error_code", out var code) ? code.GetString() : "a refusal";
            return (refusal, await Release(readerId, body.RootElement));
        }
        var created = await Read(answer, ApiJson.Default.CheckoutCreatedView, cancel);
        var outcome = await Read(await http.GetAsync(
            $"{path}/{created?.Data.CheckoutId}?wait={OutcomeSeconds}", cancel), ApiJson.Default.CheckoutView, cancel);
        var trouble = outcome?.Data.Status is "successful" ? null : $"the payment is {outcome?.Data.Status}";
        return (trouble, trouble is null);
    }

    /// <summary>
    /// Frees the reader of a payment whose device never reports it. As with any payment that is possible after some
    /// minutes.
    /// </summary>
    /// <returns>Whether no payment holds the reader now.</returns>
    private async Task<bool> Release(string readerId, JsonElement refusal)
    {
        if (!refusal.TryGetProperty("errors", out var errors)
            || !errors.TryGetProperty("checkout_id", out var id) || !id.TryGetGuid(out var checkoutId)) return true;
        return await grains[readerId].RecordOutcome(new(merchant),
            new(checkoutId, CheckoutState.Cancelled, 0, "The device of the canary is gone.", "", Reader, Reader,
                Release: true),
            new AuditNote(Reader, Reader, merchant, AuditAction.CheckoutRelease, $"{checkoutId}", readerId, ""))
            is null;
    }

    private static async Task<T?> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using (answer)
            return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(type, cancel);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));
}
