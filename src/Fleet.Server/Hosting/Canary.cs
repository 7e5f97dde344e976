using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fleet.Core;
using Fleet.Core.Errors;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Settings;
using Fleet.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// Makes a payment again and again over the whole road, as a till does: HTTP, the reader, its device, the outcome. The
/// reader is a virtual one of a sandbox merchant. One node of the cluster does it; when that node is gone, another one
/// makes a new reader and goes on.
/// </summary>
internal sealed class Canary(
    NodeAddresses node, MerchantDirectory merchants, IClusterMembershipService cluster, ILocalSiloDetails here,
    FleetMeter counters, IMeterFactory meters, IOptions<FleetOptions> options, IHostApplicationLifetime life,
    TimeProvider time, ILogger<Canary> log) : BackgroundService
{
    /// <summary>The name of the reader, which is in the default store; it is made and removed at will.</summary>
    private const string Reader = "Canary";

    private const string Order =
        """{"total_amount":{"currency":"EUR","minor_unit":2,"value":100},"description":"Canary"}""";

    /// <summary>How long one payment may take, with a new reader if one is needed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    /// <summary>Seconds that an outcome is waited for.</summary>
    private const int OutcomeSeconds = 20;

    private static readonly string Offline = ErrorCatalogue.Of(RefusalCode.ReaderOffline).Code;

    private readonly CanaryOptions _settings = options.Value.Canary;
    private long _paidAt;

    /// <summary>Whether this node makes the payments: one node does.</summary>
    private bool IsOurs => here.SiloAddress.Equals(cluster.CurrentSnapshot.ActiveNodes().Min());

    private string Readers => $"/v0.1/merchants/{_settings.Merchant}/readers";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await life.WaitForStart(stoppingToken)) return;
        meters.Create(FleetMeter.Name).CreateObservableGauge<long>("fleet.canary.last.success.timestamp",
            () => Volatile.Read(ref _paidAt), "s",
            "When the last payment of this node succeeded; 0 before the first one.");
        counters.StartCanary();
        using var direct = new SocketsHttpHandler { UseProxy = false };
        using var till = new HttpClient(direct)
        {
            BaseAddress = _settings.Url is { } url ? new(url) : node.Tills[0], Timeout = Patience,
        };
        till.DefaultRequestHeaders.Authorization = new("Bearer", _settings.Key);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(_settings.Seconds), time);
        do
        {
            if (IsOurs) await PayOnce(till, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task PayOnce(HttpClient till, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(Patience);
        var (since, trouble) = (time.GetTimestamp(), (string?)null);
        try
        {
            // Its merchant may have been made over the API, and there be a live one.
            trouble = merchants.FindMerchant(_settings.Merchant ?? "") is { Rules.Sandbox: true }
                ? await Pay(till, patience.Token)
                : $"{_settings.Merchant} is no sandbox merchant";
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException
            && !stopping.IsCancellationRequested)
        {
            trouble = e.Message;
        }
        counters.MeasureCanary(trouble is null, time.GetElapsedTime(since));
        if (trouble is null) Volatile.Write(ref _paidAt, time.Now().ToUnixTimeSeconds());
        else log.CanaryFailed(trouble);
    }

    /// <summary>One payment; null when it was made, or else what stopped it.</summary>
    private async Task<string?> Pay(HttpClient till, CancellationToken cancel)
    {
        var list = await Read(await till.GetAsync(Readers, cancel), ApiJson.Default.ReaderListView, cancel);
        if (list?.Items.FirstOrDefault(one => one.Name is Reader) is { } reader)
        {
            var trouble = await PayOn(till, reader.Id, cancel);
            if (trouble != Offline) return trouble;
            // the node that ran it is gone
            using var gone = await till.DeleteAsync($"{Readers}/{reader.Id}", cancel);
        }
        await MakeReader(till, cancel);
        list = await Read(await till.GetAsync(Readers, cancel), ApiJson.Default.ReaderListView, cancel);
        return list?.Items.FirstOrDefault(one => one.Name is Reader) is { } made
            ? await PayOn(till, made.Id, cancel)
            : "the new reader is not listed";
    }

    private static async Task MakeReader(HttpClient till, CancellationToken cancel)
    {
        using var reader = await till.PostAsync("/fleet/v1/test/readers",
            Json($$"""{"name":"{{Reader}}","scenario":"approve"}"""), cancel);
        reader.EnsureSuccessStatusCode();
    }

    private async Task<string?> PayOn(HttpClient till, string readerId, CancellationToken cancel)
    {
        var path = $"{Readers}/{readerId}/checkout";
        using var answer = await till.PostAsync(path, Json(Order), cancel);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity)
        {
            using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
            return body.RootElement.TryGetProperty("error_code", out var code) ? code.GetString() : "a refusal";
        }
        var created = await Read(answer, ApiJson.Default.CheckoutCreatedView, cancel);
        var outcome = await Read(await till.GetAsync(
            $"{path}/{created?.Data.CheckoutId}?wait={OutcomeSeconds}", cancel), ApiJson.Default.CheckoutView, cancel);
        return outcome?.Data.Status is "successful" ? null : $"the payment is {outcome?.Data.Status}";
    }

    private static async Task<T?> Read<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using (answer)
            return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync(type, cancel);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));
}

internal static partial class CanaryLog
{
    [LoggerMessage(3800, LogLevel.Warning, "The payment that proves the road was not made: {Why}")]
    public static partial void CanaryFailed(this ILogger log, string why);
}
