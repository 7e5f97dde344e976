using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Cloud;

/// <summary>
/// Plays SumUp's cloud: another Fleet in a process of its own, whose merchant takes virtual readers, behind a proxy
/// that lets calls go wrong. The readers run in this process.
/// </summary>
internal sealed class StandInCloud : IAsyncDisposable
{
    /// <summary>The key of the merchant at the cloud, which is not that of its tills.</summary>
    public const string Key = "sup_sk_StandIn";

    public const string AffiliateKey = "sup_afk_StandIn", AppId = "stand-in";

    /// <summary>Readers that are paired, and transactions that are read, at the same time.</summary>
    private const int AtOnce = 8;

    /// <summary>Of every currency that is used here.</summary>
    private const int MinorUnits = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _power = new();
    private readonly ServerProcess _server;
    private readonly VirtualReader[] _readers;
    private readonly Task[] _running;

    /// <summary>Payments that are known to have ended.</summary>
    private readonly HashSet<string> _ended = [];

    private StandInCloud(FaultProxy proxy, ServerProcess server, IEnumerable<VirtualReader> readers)
    {
        (Proxy, _server, _readers) = (proxy, server, [.. readers]);
        _running = [.. _readers.Select(reader => reader.RunAsync(_power.Token))];
    }

    public FaultProxy Proxy { get; }

    public static string MerchantCode => ServerProcess.Merchant;

    /// <summary>The ids of the readers, in the order of their numbers.</summary>
    public IReadOnlyList<string> Readers => [.. _readers.Select(reader => reader.Journal.ReaderId).OfType<string>()];

    /// <summary>What a node must be told in order to take this for SumUp's cloud.</summary>
    public IReadOnlyList<string> Settings =>
        [$"--Fleet:Cloud:BaseUrl=http://127.0.0.1:{Proxy.Port}", "--Fleet:Cloud:TestBase=true"];

    /// <summary>The cloud itself, past the proxy.</summary>
    public Till Truth => new(_server.Address, MerchantCode, Key);

    /// <summary>Starts it, with readers that are online, and paired unless that is for others to do.</summary>
    /// <param name="readers">How many.</param>
    /// <param name="scenario">
    /// How the customers of a reader behave, by its number from 0; without it the amount decides.
    /// </param>
    /// <param name="pace">Multiplies the time that customers take: at 0.05 a payment takes about 0.3 s.</param>
    /// <param name="paired">Whether the readers are paired; otherwise <see cref="PairAll"/> does that later.</param>
    public static async Task<StandInCloud> Started(
        int readers, Func<int, Scenario>? scenario = null, double pace = 0.05, bool paired = true)
    {
        var proxy = await FaultProxy.Started();
        var server = await ServerProcess.Started(SettingsFor(proxy));
        var devices = Enumerable.Range(0, readers).Select(number => new VirtualReader(new()
        {
            Serial = $"STAND-IN-{number:D4}",
            Server = server.LinkAddress,
            Scenario = scenario?.Invoke(number) ?? Scenario.Solo,
            Seed = number,
            Pace = pace,
            JournalFolder = Path.Combine(server.Folder, "journals"),
        }, TimeProvider.System));
        var cloud = new StandInCloud(proxy, server, devices);
        try
        {
            if (paired) await cloud.PairAll(_ => cloud.Truth);
            proxy.Upstream = server.Address;
            return cloud;
        }
        catch
        {
            await cloud.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Pairs all readers, which show their codes, and waits until they are ready; returns the ids that the tills were
    /// told, in the order of the readers' numbers.
    /// </summary>
    /// <param name="till">Who pairs a reader, by its number from 0.</param>
    public async Task<IReadOnlyList<string>> PairAll(Func<int, Till> till)
    {
        var ids = new string[_readers.Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, ids.Length),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (number, _) => ids[number] = await Pair(_readers[number], till(number)));
        await Quiet();
        return ids;
    }

    /// <summary>Waits until every payment that passed the proxy has ended, on its reader and in the cloud.</summary>
    public Task Quiet() => Shop.Until(async () => _readers.All(IsIdle) && await HasEndedAll(), Patience,
        () => $"{_readers.Count(IsIdle)} of {_readers.Length} readers of the stand-in are idle");

    /// <summary>
    /// All payments that the cloud has, by its API; and fails when they are not what its devices charged. To be asked
    /// when it is quiet.
    /// </summary>
    public async Task<IReadOnlyList<CloudSale>> ReadTruth()
    {
        var known = Proxy.Journal.Accepted.Select(call => call.ClientId).OfType<string>();
        var sales = new ConcurrentBag<CloudSale>();
        await Parallel.ForEachAsync((await ListHistory()).Union(known),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (id, _) => sales.Add(SaleOf(await Read($"transactions?client_transaction_id={id}"))));
        var charged = sales.Where(sale => sale.IsCharged)
            .Select(sale => (Guid.Parse(sale.CheckoutId), sale.Currency, sale.Amount, sale.Tip)).Order();
        Assert.Equal(_readers.SelectMany(reader => reader.Journal.Charges)
            .Select(charge => (charge.CheckoutId, charge.Currency, charge.Amount, charge.Tip)).Order(), charged);
        return [.. sales.OrderBy(sale => sale.CheckoutId, StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await _power.CancelAsync();
        await Task.WhenAll(_running);
        _power.Dispose();
        await _server.DisposeAsync();
        await Proxy.DisposeAsync();
    }

    /// <summary>It tells outcomes to the proxy, and asks for no signature, as SumUp has none here.</summary>
    private static string[] SettingsFor(FaultProxy proxy) =>
    [
        $"--Fleet:Merchants:0:Keys:1:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}",
        $"--Fleet:Merchants:0:AffiliateKeys:0={AffiliateKey}",
        "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32", $"--Fleet:Webhooks:AllowedPorts:0={proxy.Port}",
        "--Fleet:Webhooks:TimeoutSeconds=5",
        .. Enumerable.Range(0, 10).Select(retry => $"--Fleet:Webhooks:RetrySeconds:{retry}=1"),
    ];

    private static bool IsIdle(VirtualReader reader) =>
        reader.Snapshot is { Welcomed: true, Checkout: null } && reader.Journal.Results.Count == 0;

    private async Task<bool> HasEndedAll()
    {
        foreach (var create in Proxy.Journal.Calls.Where(call => call is
        { Operation: CloudOperation.Create, Forwarded: true, Status: null or 201 }))
        {
            if (create.ClientId is not { } id) return false; // the cloud has not answered it yet
            if (_ended.Contains(id)) continue;
            if (SaleOf(await Read($"transactions?client_transaction_id={id}")).Status is "PENDING") return false;
            _ended.Add(id);
        }
        return true;
    }

    private static async Task<string> Pair(VirtualReader reader, Till till)
    {
        await Shop.Until(() => Task.FromResult(reader.Snapshot.PairingCode is not null), Patience,
            () => $"{reader.Snapshot.Serial} shows no pairing code");
        using var answer = await till.Post("readers",
            new { pairing_code = reader.Snapshot.PairingCode, name = reader.Snapshot.Serial });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Json()).GetProperty("id").GetString() ?? "";
    }

    /// <summary>The client transaction ids of all payments that have ended.</summary>
    private async Task<IReadOnlyList<string>> ListHistory()
    {
        var ids = new List<string>();
        for (string? query = "limit=1000&types[]=PAYMENT"; query is not null;)
        {
            var page = await Read($"transactions/history?{query}");
            ids.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(item => $"{item.GetProperty("client_transaction_id")}"));
            query = page.TryGetProperty("links", out var links) ? $"{links[0].GetProperty("href")}" : null;
        }
        return ids;
    }

    private async Task<JsonElement> Read(string path)
    {
        using var answer = await Truth.Get($"/v2.1/merchants/{MerchantCode}/{path}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Json();
    }

    private static CloudSale SaleOf(JsonElement told)
    {
        var tip = told.GetProperty("tip_amount").GetDecimal();
        return new(
            $"{told.GetProperty("id")}", $"{told.GetProperty("client_transaction_id")}",
            told.TryGetProperty("foreign_transaction_id", out var reference) ? $"{reference}" : null,
            $"{told.GetProperty("status")}", $"{told.GetProperty("currency")}",
            (long)((told.GetProperty("amount").GetDecimal() - tip) * MinorUnits), (long)(tip * MinorUnits));
    }
}
