using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Core.Access;
using Fleet.Server.Access;
using Fleet.Server.Api;
using Fleet.Server.Api.Rest;
using Fleet.Server.Stores;
using Fleet.Simulator;

namespace Fleet.Server.Hosting;

/// <summary>
/// Shows a new user that Fleet works: pairs readers, takes a payment through the API that a till uses, prints what to
/// try next, and then a line for each payment. Later starts on the same data take no payment.
/// </summary>
internal sealed class SandboxTour(
    SandboxReaders readers, SandboxPayments payments, MerchantDirectory merchants, StartReport report,
    NodeAddresses addresses, IGrainFactory grains, IHostApplicationLifetime life, TextWriter output,
    TimeProvider time, ILogger<SandboxTour> log) : BackgroundService
{
    private const string Merchant = $"/v0.1/merchants/{SandboxMerchant.Code}/";

    /// <summary>What the first payment asks for: 12.50 EUR.</summary>
    private const string FirstCheckout =
        """{"total_amount":{"currency":"EUR","minor_unit":2,"value":1250},"description":"First payment"}""";

    /// <summary>How often the tour checks whether something has happened.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it waits at most.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!await life.WaitForStart(stoppingToken)) return;
        await (report.ExecuteTask ?? Task.CompletedTask);
        if (!merchants.TakesSandboxKey) return; // the report says why
        if (addresses.Link is not { } link)
        {
            await output.WriteLineAsync("The virtual readers of the sandbox do not run: they need an http address.");
            return;
        }
        var node = new Uri(new UriBuilder(link) { Scheme = Uri.UriSchemeHttp }.Uri, "/");
        await readers.MakeReaders(link, stoppingToken);
        var running = readers.RunReaders(stoppingToken);
        while (!await TakeTour(node, stoppingToken)) await Task.Delay(ReaderRecovery.Again, time, stoppingToken);
        await payments.PrintAll(stoppingToken);
        await running;
    }

    /// <summary>Pairs readers, takes a payment and prints the tour; false when that must be tried again.</summary>
    private async Task<bool> TakeTour(Uri node, CancellationToken cancel)
    {
        try
        {
            using var neighbours = new SocketsHttpHandler { UseProxy = false };
            using var till = new HttpClient(neighbours) { BaseAddress = node };
            till.DefaultRequestHeaders.Authorization = new("Bearer", SandboxMerchant.Key);
            var isFirst = await PairNamedReaders(till, cancel);
            var paid = isFirst ? await TakeFirstPayment(till, cancel) : null;
            await PrintTour(node, paid, cancel);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or JsonException)
        {
            log.TourFailed(e.Message);
            return false;
        }
    }

    /// <summary>Pairs the readers that have a name; false when an earlier start has paired all of them.</summary>
    private async Task<bool> PairNamedReaders(HttpClient till, CancellationToken cancel)
    {
        var paired = false;
        foreach (var (reader, (name, store)) in readers.All.Zip(SandboxReaders.Named))
        {
            await WaitUntil(() => IsUp(reader), cancel);
            while (reader.Snapshot.PairingCode is { } code)
            {
                if (!paired) await MakeStores();
                paired = true;
                using var body = ToBody(new JsonObject { ["pairing_code"] = code, ["name"] = name, ["store"] = store });
                using var answer = await till.PostAsync("/fleet/v1/readers", body, cancel);
                answer.EnsureSuccessStatusCode();
                // A reader that could not write its pairing down shows another code when it is on again.
                await WaitUntil(() => IsUp(reader) && reader.Snapshot.PairingCode != code, cancel);
            }
        }
        await WaitUntil(() => readers.All.All(IsUp), cancel);
        return paired;
    }

    /// <summary>By their grain, because the administration may have an address and a protocol of its own.</summary>
    private async Task MakeStores()
    {
        var merchant = grains.GetGrain<IMerchantGrain>(SandboxMerchant.Code);
        foreach (var (store, name) in SandboxReaders.Stores) await merchant.CreateStore(store, name);
    }

    private static StringContent ToBody(JsonObject body) => ToBody(body.ToJsonString());

    private static StringContent ToBody(string json) => new(json, new MediaTypeHeaderValue("application/json"));

    private static bool IsUp(VirtualReader reader) =>
        reader.Snapshot is { Welcomed: true } or { PairingCode: not null };

    private async Task<CheckoutData> TakeFirstPayment(HttpClient till, CancellationToken cancel)
    {
        var path = $"{Merchant}readers/{readers.All[0].Snapshot.ReaderId}/checkout";
        CheckoutCreatedView? created = null;
        // A payment that the last stop interrupted may still hold the reader for a short time.
        await WaitUntil(async () => (created = await TryStart(till, path, cancel)) is not null, cancel);
        CheckoutView? view = null;
        await WaitUntil(async () =>
        {
            var mine = $"{path}/{created?.Data.CheckoutId}";
            view = await till.GetFromJsonAsync(mine, ApiJson.Default.CheckoutView, cancel);
            return view is { Data.Status: not "pending" };
        }, cancel);
        return view?.Data ?? throw new JsonException("No checkout came back.");
    }

    /// <summary>Starts the first checkout; null when the reader is busy or not connected yet.</summary>
    private static async Task<CheckoutCreatedView?> TryStart(HttpClient till, string path, CancellationToken cancel)
    {
        using var body = ToBody(FirstCheckout);
        using var answer = await till.PostAsync(path, body, cancel);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity) return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(ApiJson.Default.CheckoutCreatedView, cancel);
    }

    private async Task PrintTour(Uri node, CheckoutData? paid, CancellationToken cancel)
    {
        var first = readers.All[0].Snapshot;
        var lines = string.Join('\n', readers.All.Select(reader => $"    {LineOf(reader.Snapshot)}"));
        var sold = paid is null ? "" : $"\n  First payment  12.50 EUR on {first.Name}: {paid.Status}";
        var (fleet, url) = CommandOf(addresses.Grpc);
        var text = $$"""
              Virtual Solo   {{new Uri(node, VirtualSolo.Path)}}   (a reader in your browser)
              Readers
            {{lines}}{{sold}}

            Pay, see the outcome, and ask what happened:
              id=$(curl -s {{new Uri(node, Merchant)}}readers/{{first.ReaderId}}/checkout \
                -H 'Authorization: Bearer {{SandboxMerchant.Key}}' -H 'Content-Type: application/json' \
                -d '{"total_amount": {"currency": "EUR", "minor_unit": 2, "value": 1500} }' |
                grep -oE '[0-9a-f]{8}-[0-9a-f-]{27}' | head -n 1)
              curl -s "{{new Uri(node, Merchant)}}readers/{{first.ReaderId}}/checkout/$id?wait=30" -w '\n' \
                -H 'Authorization: Bearer {{SandboxMerchant.Key}}'
              {{fleet}} why "$id"{{url}}

            An amount of 11.00 is declined, and one of 42.76 is cancelled by the customer.
            {{DescribePairing(fleet, url)}}
            Then open the console, whose address is above.
            Ctrl-C stops Fleet; the next start finds these readers again.

            """;
        await output.WriteAsync(text.AsMemory(), cancel);
        await output.FlushAsync(cancel);
    }

    /// <summary>How to pair the first reader that is not paired; nothing when all are.</summary>
    private string DescribePairing(string fleet, string url)
    {
        var free = readers.All.ToList().FindIndex(reader => reader.Snapshot.ReaderId is null) + 1;
        return free is 0 ? "" : $"""

            Pair reader {free}:
              {fleet} readers pair "$({fleet} sandbox code {free}{url})" --name "Lane {free}"{url}

            """;
    }

    /// <summary>How the command line is called here, and its option for the address of this node.</summary>
    private static (string Fleet, string Url) CommandOf(Uri grpc) => (
        File.Exists("deploy/fleet") ? "deploy/fleet" : "fleet",
        grpc.Port == StartArguments.UsualGrpcPort ? "" : $" --url {grpc}");

    private static string LineOf(Simulator.ReaderSnapshot reader) => reader.ReaderId is null
        ? $"{reader.Serial}   not paired"
        : $"{reader.Serial}   {reader.Name}   {reader.ReaderId}";

    private Task WaitUntil(Func<bool> happened, CancellationToken cancel) =>
        WaitUntil(() => Task.FromResult(happened()), cancel);

    private async Task WaitUntil(Func<Task<bool>> happened, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        while (!await happened())
        {
            if (patience.IsCancellationRequested) throw new TimeoutException("The virtual readers are not ready.");
            await Task.Delay(Look, time, cancel);
        }
    }
}
