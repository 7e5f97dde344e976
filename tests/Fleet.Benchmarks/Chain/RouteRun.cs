using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Devices;

namespace Fleet.Benchmarks.Chain;

/// <summary>
/// Eight tills that want any free reader of a store with five: each waits in the queue, charges, and begins again at
/// once. What is measured is how long they wait for a reader, whether all wait the same, and how long a reader that is
/// free is left free while a till waits.
/// </summary>
internal static class RouteRun
{
    private const int Tills = 8, Checkouts = 10_000;

    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        await using var shop = await Shop.Open(postgres);
        await shop.PowerOn(settings.Readers);
        var readers = shop.Readers.ToDictionary(reader => reader.Id);
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{shop.Node.Port}") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchMerchant.Key);

        var (waits, idle, left) = (new ConcurrentBag<double>[Tills], new ConcurrentBag<double>(), Checkouts);
        var freeSince = new ConcurrentDictionary<string, long>();
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Tills).Select(Serve));
        Print(waits, idle, Stopwatch.GetElapsedTime(start));

        async Task Serve(int till)
        {
            waits[till] = [];
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var asked = Stopwatch.GetTimestamp();
                var (id, checkout) = await Route(http, till);
                var reader = readers[id];
                waits[till].Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                if (freeSince.TryRemove(reader.Id, out var free))
                    idle.Add(Stopwatch.GetElapsedTime(Math.Max(free, asked)).TotalMilliseconds);
                await reader.Ended(checkout);
                freeSince[reader.Id] = Stopwatch.GetTimestamp();
            }
        }
    }

    private static async Task<(string Reader, Guid Checkout)> Route(HttpClient http, int till)
    {
        using var body = new StringContent(
            $$$"""{"total_amount":{"currency":"EUR","minor_unit":2,"value":{{{Till.Amount}}}},"""
                + """ "route":{"queue_for":60}}""",
            Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync("/fleet/v1/checkouts", body);
        var told = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"Till {till} was refused: {told}");
        var reply = JsonElement.Parse(told);
        return (reply.GetProperty("reader_id").GetString() ?? "", reply.GetProperty("checkout_id").GetGuid());
    }

    private static void Print(ConcurrentBag<double>[] waits, ConcurrentBag<double> idle, TimeSpan took)
    {
        var all = waits.SelectMany(some => some).Order().ToList();
        var means = waits.Select(some => some.Average()).ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all.Count} checkouts in {took.TotalSeconds:F1} s; a till waits {all[all.Count / 2]:F2} ms (median), "
            + $"{all[all.Count * 99 / 100]:F2} ms (p99), {all[^1]:F1} ms (longest)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"a reader is free while a till waits: {idle.Order().ElementAt(idle.Count * 99 / 100):F2} ms (p99), "
            + $"{idle.Max():F1} ms (longest)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"route: mean wait of the worst till / of the best = {means.Max() / means.Min():F2}, "
            + $"longest wait / median = {all[^1] / all[all.Count / 2]:F1}"));
    }
}
