using System.Globalization;
using System.Net.Http.Headers;
using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Sides;
using Npgsql;

namespace Fleet.Benchmarks.Cloud;

/// <summary>
/// Readers of SumUp's cloud behind one key with the default budget of 5 requests per second: what they cost while
/// nothing happens, how soon a checkout is sent, and how soon its outcome is known when many payments are open.
/// </summary>
internal static class CloudRun
{
    private const int Warm = 10, Sent = 60, Open = 60, Amount = 1250, Seed = 1;

    /// <summary>The goals: requests per second, milliseconds, and seconds.</summary>
    private const double MostIdle = 5, MostToSend = 50, MostToKnow = 15;

    /// <summary>What the adoption and the first comparison of the readers take.</summary>
    private static readonly TimeSpan Settles = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(0.5), Patience = TimeSpan.FromMinutes(3);

    /// <summary>How long the payments take that are open at the same time.</summary>
    private static readonly (int From, int To) LongSeconds = (20, 55);

    /// <returns>Whether the goals are met.</returns>
    public static async Task<bool> Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var cloud = await CountingCloud.Start(settings.Readers);
        var database = await postgres.Create("cloud");
        await using var node = SideProcess.Fleet(database, cloud.Link);
        await node.Start(readers: 0);
        await node.Adopt();
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{node.Port}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchMerchant.Key);

        var idle = await CountIdle(cloud, settings.Round);
        var times = new Times(database);
        cloud.Takes = _ => Quick;
        await Pay(http, cloud, times, first: 0, Warm, perSecond: 1);
        await Pay(http, cloud, times, first: Warm, Sent, perSecond: 1);
        var sent = await times.UntilSent(cloud.Taken.Skip(Warm));
        var dice = new Random(Seed);
        cloud.Takes = _ => TimeSpan.FromSeconds(dice.Next(LongSeconds.From, LongSeconds.To));
        await Pay(http, cloud, times, first: Warm + Sent, Open, perSecond: 4);
        var known = await times.UntilKnown(cloud.Taken.Skip(Warm + Sent));

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{settings.Readers} idle readers: {idle:F2} requests per second"));
        Print("from acceptance to the request, ms", sent, 1_000);
        Print($"from payment to outcome with {Open} open, s", known, 1);
        var (late, slow) = (At(sent, 0.99) * 1_000, At(known, 1));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"cloud: {idle:F2} requests per second with {settings.Readers} idle readers, "
            + $"sent after {late:F0} ms (p99), outcome known after {slow:F1} s (longest)"));
        return idle < MostIdle && late <= MostToSend && slow <= MostToKnow;
    }

    private static async Task<double> CountIdle(CountingCloud cloud, TimeSpan round)
    {
        await Wait(Settles);
        var before = cloud.Requests;
        await Wait(round);
        return (cloud.Requests - before) / round.TotalSeconds;
    }

    /// <summary>Starts checkouts at a fixed rate, each on a reader of its own, and waits for all outcomes.</summary>
    private static async Task Pay(
        HttpClient http, CountingCloud cloud, Times times, int first, int count, int perSecond)
    {
        var asked = new List<Task>();
        using (var timer = new PeriodicTimer(TimeSpan.FromSeconds(1d / perSecond)))
        {
            for (var number = first; number < first + count; number++)
            {
                asked.Add(Start(http, number));
                await timer.WaitForNextTickAsync();
            }
        }
        await Task.WhenAll(asked);
        if (cloud.Taken.Count != first + count)
            throw new InvalidOperationException($"The cloud took {cloud.Taken.Count} of {first + count} payments.");
        await times.UntilEnded(first + count, Patience);
    }

    private static async Task Start(HttpClient http, int number)
    {
        using var answer = await http.PostAsJsonAsync(
            $"/v0.1/merchants/{BenchMerchant.Code}/readers/{ReaderIds.Of(number)}/checkout", new
            {
                total_amount = new { currency = "EUR", minor_unit = 2, value = Amount },
                affiliate = new { app_id = "till", key = "till", foreign_transaction_id = $"sale-{number}" },
            });
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
    }

    private static async Task Wait(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }

    private static void Print(string name, IReadOnlyList<double> seconds, int unit) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-44}p50 {At(seconds, 0.5) * unit:F1}, p99 {At(seconds, 0.99) * unit:F1}, "
        + $"max {At(seconds, 1) * unit:F1} of {seconds.Count}"));

    private static double At(IReadOnlyList<double> seconds, double share) =>
        Spread.Percentile(seconds, share);

    /// <summary>The times that the ledger has, compared with those of the cloud on the same clock.</summary>
    private sealed class Times(string database)
    {
        private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

        /// <summary>Seconds from the acceptance of each payment to the arrival of its request.</summary>
        public async Task<IReadOnlyList<double>> UntilSent(IEnumerable<Payment> payments)
        {
            var accepted = await Read("accepted");
            return [.. payments.Select(one => (one.ArrivedAt - accepted[one.Reference]).TotalSeconds)];
        }

        /// <summary>Seconds from the time when each was paid to its outcome.</summary>
        public async Task<IReadOnlyList<double>> UntilKnown(IEnumerable<Payment> payments)
        {
            var succeeded = await Read("succeeded");
            return [.. payments.Select(one => (succeeded[one.Reference] - one.PaidAt).TotalSeconds)];
        }

        /// <summary>Waits until so many payments have succeeded.</summary>
        public async Task UntilEnded(int count, TimeSpan limit)
        {
            using var patience = new CancellationTokenSource(limit);
            using var timer = new PeriodicTimer(Look);
            while (await timer.WaitForNextTickAsync(CancellationToken.None))
            {
                var ended = (await Read("succeeded")).Count;
                if (ended == count) return;
                if (patience.IsCancellationRequested)
                    throw new InvalidOperationException($"{ended} of {count} payments have succeeded.");
            }
        }

        private async Task<IReadOnlyDictionary<string, DateTimeOffset>> Read(string kind)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                "SELECT checkout_id, at FROM ledger WHERE kind = $1", connection)
            {
                Parameters = { new() { Value = kind } },
            };
            await using var row = await command.ExecuteReaderAsync();
            var times = new Dictionary<string, DateTimeOffset>();
            while (await row.ReadAsync())
                times[$"fleet-{row.GetGuid(0):N}"] = row.GetFieldValue<DateTimeOffset>(1);
            return times;
        }
    }
}
