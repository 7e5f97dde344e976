using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Fleet.Benchmarks.Database;
using Fleet.Benchmarks.Sides;

namespace Fleet.Benchmarks.Chain;

/// <summary>
/// The state of all stores of a chain, asked of three nodes in turn: while nothing happens, while checkouts are
/// started, and while one node is frozen and the stores on it do not answer.
/// </summary>
internal static class StatusRun
{
    private const int Nodes = 3, CheckoutsPerSecond = 200, DeadlineOfFrozen = 500; // milliseconds

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static async Task Run(Settings settings)
    {
        await using var postgres = await Postgres.Open(settings.Postgres);
        Console.WriteLine($"{await postgres.Describe()}; {Environment.ProcessorCount} cores");
        var database = await postgres.Create("chain");
        var nodes = new List<SideProcess>();
        for (var i = 0; i < Nodes; i++)
        {
            nodes.Add(SideProcess.Fleet(database));
            await nodes[i].Start(readers: 0);
        }
        await nodes[0].OpenStores(settings.Readers / ReaderIds.PerStore);
        var share = settings.Readers / Nodes;
        for (var i = 0; i < Nodes; i++)
            await nodes[i].Add(i * share, i == Nodes - 1 ? settings.Readers - (i * share) : share);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BenchMerchant.Key);

        await Ask(http, nodes, settings.Round, query: ""); // warm-up
        Print("idle", await Ask(http, nodes, settings.Round, query: ""));
        using var stop = new CancellationTokenSource();
        var charging = Charge(http, nodes, settings.Readers, stop.Token);
        var busy = await Ask(http, nodes, settings.Round, query: "");
        await stop.CancelAsync();
        var rate = await charging;
        Print(string.Create(CultureInfo.InvariantCulture, $"{rate:F0} checkouts per second"), busy);
        nodes[^1].Signal("STOP");
        var frozen = await Ask(http, [nodes[0]], TimeSpan.FromSeconds(3), $"?deadline_ms={DeadlineOfFrozen}");
        nodes[^1].Signal("CONT");
        Print($"one node frozen, deadline {DeadlineOfFrozen} ms", frozen);
        await Kill(http, nodes, settings.Readers - ((Nodes - 1) * share));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"status: {settings.Readers / ReaderIds.PerStore} stores, {settings.Readers} readers, {Nodes} nodes: "
            + $"p50 {At(busy, 0.5):F1} ms, p99 {At(busy, 0.99):F1} ms with {CheckoutsPerSecond} checkouts per second"));
        foreach (var node in nodes) await node.DisposeAsync();
    }

    private static async Task<List<Answer>> Ask(
        HttpClient http, List<SideProcess> nodes, TimeSpan lasts, string query)
    {
        var (answers, start) = (new List<Answer>(), Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(Pause);
        while (Stopwatch.GetElapsedTime(start) < lasts)
        {
            answers.Add(await Once(http, nodes[answers.Count % nodes.Count], query));
            await timer.WaitForNextTickAsync();
        }
        return answers;
    }

    private static async Task<Answer> Once(HttpClient http, SideProcess node, string query = "")
    {
        var began = Stopwatch.GetTimestamp();
        using var response = await http.GetAsync($"http://127.0.0.1:{node.Port}/fleet/v1/status{query}");
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        if (!response.IsSuccessStatusCode) return new(took, Failed: int.MaxValue, 0, 0, 0); // a node that does not know
        var told = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        var counts = told.GetProperty("readers");
        return new(took, told.GetProperty("failed").GetInt32(), counts.GetProperty("total").GetInt32(),
            counts.GetProperty("silent").GetInt32(), counts.GetProperty("offline").GetInt32());
    }

    /// <summary>
    /// Kills a node, with its stores, its readers and the links of some: how long it takes until the boards are right.
    /// </summary>
    private static async Task Kill(HttpClient http, List<SideProcess> nodes, int connectedThere)
    {
        while ((await Once(http, nodes[0])).Failed > 0) { } // the one that was frozen is back
        var start = Stopwatch.GetTimestamp();
        nodes[^1].Signal("KILL");
        double? answered = null;
        while (true)
        {
            var answer = await Once(http, nodes[0]);
            var passed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (answer.Failed == 0) answered ??= passed;
            if (answer is { Failed: 0, Silent: 0 } && answer.Offline == connectedThere)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"one node killed: all stores answer after {answered:F1} s, all boards are right "
                        + $"after {passed:F1} s"));
                return;
            }
        }
    }

    /// <summary>
    /// Starts checkouts at a fixed rate, each on a reader that had none; says what the rate really was.
    /// </summary>
    private static async Task<double> Charge(
        HttpClient http, List<SideProcess> nodes, int readers, CancellationToken stop)
    {
        var (started, start, asked) = (0, Stopwatch.GetTimestamp(), new List<Task>());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!stop.IsCancellationRequested && started < readers)
        {
            var due = Math.Min(readers, (int)(Stopwatch.GetElapsedTime(start).TotalSeconds * CheckoutsPerSecond));
            for (; started < due; started++) asked.Add(Start(nodes[started % nodes.Count], ReaderIds.Of(started)));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        await Task.WhenAll(asked);
        return started / Stopwatch.GetElapsedTime(start).TotalSeconds;

        async Task Start(SideProcess node, string reader)
        {
            using var body = new StringContent(
                """{"total_amount":{"currency":"EUR","minor_unit":2,"value":1250}}""",
                Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(
                $"http://127.0.0.1:{node.Port}/v0.1/merchants/{BenchMerchant.Code}/readers/{reader}/checkout", body,
                CancellationToken.None);
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException(await answer.Content.ReadAsStringAsync(CancellationToken.None));
        }
    }

    private static void Print(string name, List<Answer> answers) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-36}p50 {At(answers, 0.5):F1} ms, p99 {At(answers, 0.99):F1} ms, max {At(answers, 1):F1} ms "
        + $"of {answers.Count}; {answers[^1].Readers} readers, {answers[^1].Failed} stores failed"));

    private static double At(List<Answer> answers, double share) =>
        Spread.Percentile([.. answers.Select(one => one.Milliseconds)], share);

    private sealed record Answer(double Milliseconds, int Failed, int Readers, int Silent, int Offline);
}
