using System.Net.Http.Headers;
using System.Net;
using System.Text.Json;
using Fleet.Core.Access;
using Fleet.Protocol;
using Fleet.Server.Access;
using Fleet.Server.Api.Rest;
using Fleet.Server.Api;
using Fleet.Server.Console.Access;
using Fleet.Server.Console;
using Fleet.Server.Settings;
using Fleet.Simulator;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Options;

namespace Fleet.Server.Hosting;

/// <summary>
/// Shows a new user that Fleet works: pairs readers, takes a payment through the API that a till uses, and prints what
/// to try next.
/// </summary>
internal sealed class SandboxTour(
    SandboxReaders readers, MerchantDirectory merchants, OneTimeSignIn console, IServer server,
    IHostApplicationLifetime life, IOptions<FleetOptions> options, TextWriter output, TimeProvider time,
    ILogger<SandboxTour> log) : BackgroundService
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
        if (!await life.WaitForStart(stoppingToken) || AddressOf(server) is not { } node) return;
        if (!merchants.TakesSandboxKey)
        {
            await output.WriteLineAsync(
                $"Fleet listens on {node}, which is not a loopback address: the sandbox key is refused.");
            return;
        }
        var running = readers.RunReaders(node, stoppingToken);
        try
        {
            using var neighbours = new SocketsHttpHandler { UseProxy = false };
            using var till = new HttpClient(neighbours) { BaseAddress = new(node, Merchant) };
            till.DefaultRequestHeaders.Authorization = new("Bearer", SandboxMerchant.Key);
            await PairNamedReaders(till, stoppingToken);
            var paid = await TakeFirstPayment(till, stoppingToken);
            await PrintTour(node, paid, stoppingToken);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or JsonException)
        {
            log.TourFailed(e);
        }
        await running;
    }

    private async Task PairNamedReaders(HttpClient till, CancellationToken cancel)
    {
        foreach (var (reader, name) in readers.All.Zip(SandboxReaders.Named))
        {
            await WaitUntil(() => IsUp(reader), cancel);
            if (reader.Snapshot.PairingCode is not { } code) continue; // paired by an earlier start
            var body = new CreateReaderBody(code, name);
            using var answer = await till.PostAsJsonAsync("readers", body, ApiJson.Default.CreateReaderBody, cancel);
            answer.EnsureSuccessStatusCode();
            await WaitUntil(() => reader.Snapshot.Welcomed, cancel);
        }
        await WaitUntil(() => readers.All.All(IsUp), cancel);
    }

    private static bool IsUp(VirtualReader reader) =>
        reader.Snapshot is { Welcomed: true } or { PairingCode: not null };

    private async Task<CheckoutData> TakeFirstPayment(HttpClient till, CancellationToken cancel)
    {
        var path = $"readers/{readers.All[0].Snapshot.ReaderId}/checkout";
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
        using var body = new StringContent(FirstCheckout, new MediaTypeHeaderValue("application/json"));
        using var answer = await till.PostAsync(path, body, cancel);
        if (answer.StatusCode is HttpStatusCode.UnprocessableEntity) return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(ApiJson.Default.CheckoutCreatedView, cancel);
    }

    private async Task PrintTour(Uri node, CheckoutData paid, CancellationToken cancel)
    {
        var (link, first) = (new UriBuilder(node) { Scheme = "ws", Path = Link.Path }.Uri, readers.All[0].Snapshot);
        var lines = string.Join('\n', readers.All.Select(reader => $"    {LineOf(reader.Snapshot)}"));
        var text = $$"""

            Fleet is ready.
              Cloud API      {{node}}   (described at {{new Uri(node, "/docs")}})
              Virtual Solo   {{new Uri(node, VirtualSolo.Path)}}   (a reader in your browser)
              Console        {{ConsoleOf(node)}}
              Link           {{link}}
              Merchant       {{SandboxMerchant.Code}}
              Key            {{SandboxMerchant.Key}}
              Affiliate key  {{SandboxMerchant.AffiliateKey}}
              Webhook secret {{SandboxMerchant.WebhookSecret}}
              Readers
            {{lines}}
              First payment  12.50 EUR on {{first.Name}}: {{paid.Status}} (checkout {{paid.CheckoutId}})

            Try:
              curl {{new Uri(node, Merchant)}}readers/{{first.ReaderId}}/checkout \
                -H 'Authorization: Bearer {{SandboxMerchant.Key}}' -H 'Content-Type: application/json' \
                -d '{"total_amount": {"currency": "EUR", "minor_unit": 2, "value": 1500} }'

            Ctrl-C stops Fleet; the next start finds these readers again.

            """;
        await output.WriteAsync(text.AsMemory(), cancel);
        await output.FlushAsync(cancel);
    }

    /// <summary>Where people see the console; the address signs in once.</summary>
    private string ConsoleOf(Uri node)
    {
        var at = options.Value.Console switch
        {
            ConsolePlace.Public => node,
            ConsolePlace.Operations when options.Value.OperationsUrl.Length > 0 => AddressOf(server, last: true),
            _ => null,
        };
        return at is null ? "is off"
            : new Uri(at, $"{PageRequest.Root}/enter{QueryString.Create("once", console.Word ?? "")}").ToString();
    }

    private static string LineOf(Simulator.ReaderSnapshot reader) => reader.PairingCode is { } code
        ? $"{reader.Serial}   not paired, shows the code {code}"
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

    /// <summary>An address of the node: the first one is that of the API, the last one that of operators.</summary>
    private static Uri? AddressOf(IServer server, bool last = false)
    {
        var all = server.Features.Get<IServerAddressesFeature>()?.Addresses;
        return (last ? all?.LastOrDefault() : all?.FirstOrDefault()) is { } address
            ? new UriBuilder(BindingAddress.Parse(address).ToString()).Uri
            : null;
    }
}
