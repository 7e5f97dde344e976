using System.Globalization;
using Fleet.Torture.Checking;
using Fleet.Torture.Processes;

namespace Fleet.Torture.Load;

/// <summary>
/// Tills that sell on all nodes. Three of four give each sale a key and repeat it until they know the result; the
/// fourth uses no keys and does not repeat a request without an answer.
/// </summary>
internal sealed class Tills(Cluster cluster, Caller caller, IReadOnlyList<string> readers, int seed = 1)
{
    private const int ClerksWithoutKeys = 4; // every fourth
    private const int MostTries = 60;
    private const double AsksTwice = 0.1, Terminates = 0.04;

    private static readonly string[] Currencies = ["EUR", "CHF", "PLN"];
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200), Hesitates = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Random _dice = new(seed);
    private readonly Queue<string> _deck = new();
    private int _sales;

    /// <summary>How often a till waits for the outcome instead of asking again and again; 0 to 1.</summary>
    public double Waits { get; init; }

    /// <summary>
    /// How long a till asks about one sale before it turns to the next customer; null for until it knows.
    /// </summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>Works until closing time; then every till finishes the request it is in.</summary>
    public Task Work(int tills, CancellationToken closing) => Task.WhenAll(
        Enumerable.Range(0, tills)
            .Select(till => Task.Run(() => Work(till % ClerksWithoutKeys != 0, closing), CancellationToken.None)));

    /// <summary>
    /// A customer pays at every reader at the same time; each till asks until its checkout is accepted.
    /// </summary>
    public Task SellOnEach() => Task.WhenAll(readers.Select(async reader =>
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var since = TimeProvider.System.GetTimestamp();
            if (await Start(NextSale(keyed: true, reader), since) is { Status: 201 }) return;
            await Wait(Look, CancellationToken.None);
        }
    }));

    /// <summary>Reads every checkout that a till was told of, once more.</summary>
    public async Task ReadAll()
    {
        var accepted = caller.Calls.Where(call => call.Kind is CallKind.Start && call.Status is 201)
            .DistinctBy(call => call.Checkout);
        await Parallel.ForEachAsync(accepted, async (call, _) =>
        {
            if (call.Checkout is { } checkout) await caller.Read(AnyNode(), SaleOf(call), checkout);
        });
    }

    private async Task Work(bool keyed, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested)
        {
            var (sale, since) = (NextSale(keyed), TimeProvider.System.GetTimestamp());
            if (await Start(sale, since) is not { Status: 201, Checkout: { } checkout }) continue;
            if (Chance(AsksTwice) && sale.Key is not null) await caller.Start(AnyNode(), sale);
            if (Chance(Terminates)) await caller.End(AnyNode(), sale, checkout);
            await Follow(sale, checkout, since, closing);
        }
    }

    /// <summary>Asks until there is an answer that means something; without a key, once.</summary>
    private async Task<Call> Start(Sale sale, long since)
    {
        for (var tries = 1; ; tries++)
        {
            var call = await caller.Start(AnyNode(), sale);
            if (!call.IsUnknown || sale.Key is null || tries == MostTries || !IsPatient(since)) return call;
            await Wait(call.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : Hesitates,
                CancellationToken.None);
        }
    }

    /// <summary>Reads the checkout until it is final.</summary>
    private async Task Follow(Sale sale, Guid checkout, long since, CancellationToken closing)
    {
        while (!closing.IsCancellationRequested && IsPatient(since))
        {
            var call = Waits > 0 && Chance(Waits)
                ? await caller.Wait(AnyNode(), sale, checkout) : await caller.Read(AnyNode(), sale, checkout);
            if (call.Outcome is not (null or "pending") || call.Status is 404) return;
            await Wait(Look, closing);
        }
    }

    private bool IsPatient(long since) =>
        Patience is not { } limit || TimeProvider.System.GetElapsedTime(since) < limit;

    private static async Task Wait(TimeSpan time, CancellationToken closing)
    {
        using var timer = new PeriodicTimer(time);
        Task tick = timer.WaitForNextTickAsync(closing).AsTask();
        await tick.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Sale SaleOf(Call call) => new(call.Sale, call.Reader, call.Key, call.Currency ?? "", call.Amount);

    private Sale NextSale(bool keyed, string? reader = null)
    {
        lock (_lock)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"sale-{++_sales}");
            return new(name, reader ?? NextReader(), keyed ? $"{name}-{_dice.Next():x8}" : null,
                Currencies[_dice.Next(Currencies.Length)], _dice.Next(100, 100_000));
        }
    }

    /// <summary>The readers take turns in a new random order each round, so that none is left out for long.</summary>
    private string NextReader()
    {
        if (_deck.Count == 0)
        {
            var order = readers.ToArray();
            _dice.Shuffle(order);
            foreach (var reader in order) _deck.Enqueue(reader);
        }
        return _deck.Dequeue();
    }

    private Uri AnyNode()
    {
        var ready = cluster.Front.Ready;
        lock (_lock) return ready.Count > 0 ? ready[_dice.Next(ready.Count)]
            : cluster.Nodes[_dice.Next(cluster.Nodes.Count)].Address;
    }

    private bool Chance(double share)
    {
        lock (_lock) return _dice.NextDouble() < share;
    }
}
