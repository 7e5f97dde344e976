using System.Diagnostics;
using System.Net;
using Fleet.Client;
using Fleet.Protocol;
using Fleet.Protocol.V1;
using Fleet.Torture.Processes;
using Grpc.Core;
using Checkouts = Fleet.Server.Tests.Checkouts;

namespace Fleet.Torture;

/// <summary>PostgreSQL is frozen: it takes connections, and answers nothing. Tills hear so within 3 s.</summary>
[Collection(Alone.Name)]
public sealed class SilentDatabaseTests(Databases databases)
{
    private const string GrpcUrl = "--grpc-url=";

    /// <summary>What callers are promised, and what this machine may add while all its nodes are asked.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(3), Margin = TimeSpan.FromMilliseconds(500);

    /// <summary>For how long it is frozen, and when each round of questions begins.</summary>
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(12), Round = TimeSpan.FromMilliseconds(400);

    /// <summary>No statement of a node is waited for so long.</summary>
    private static readonly TimeSpan LongerThanStatements = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Each_question_is_answered_within_the_limit_while_PostgreSQL_is_frozen()
    {
        await using var cluster = await Cluster.Started(
            databases, toBeKilled: true, count: 2, own: _ => [$"{GrpcUrl}http://127.0.0.1:{Ports.Next()}"]);
        await using var idle = await cluster.Nodes[0].Paired();
        await using var busy = await cluster.Nodes[1].Paired("TEST-2");
        var checkout = await cluster.Nodes[1].Till.Charge(busy.ReaderId);
        var key = await MakeKey(cluster.Nodes[0]);
        await databases.Freeze();
        Answer[] answers;
        try
        {
            answers = await AskAll([.. cluster.Nodes.SelectMany(node => new[]
            {
                new Asker(node, ServerProcess.Key, idle.ReaderId, busy.ReaderId, checkout),
                new Asker(node, key, idle.ReaderId, busy.ReaderId, checkout),
            })]);
        }
        finally
        {
            databases.Thaw();
        }

        foreach (var kind in answers.GroupBy(answer => answer.What))
            Console.WriteLine($"silent database: {kind.Key}: {kind.Count()} answers, the slowest after "
                + $"{kind.Max(answer => answer.After).TotalSeconds:F2} s");
        Assert.Empty(answers.Where(answer => !answer.IsUnavailable).Take(10));
        Assert.Empty(answers.Where(answer => answer.After > Promised + Margin).Take(10));
        await Eventually.Equal(HttpStatusCode.OK, async () =>
        {
            using var read = await new Till(cluster.Nodes[1].Address, ServerProcess.Merchant, key)
                .Get($"readers/{busy.ReaderId}/checkout/{checkout}");
            return read.StatusCode;
        });
        cluster.Discard();
    }

    /// <summary>
    /// The statement of a start reaches the frozen server, which carries it out when it goes on: long after the till
    /// heard 503, and when no node waits for it any more.
    /// </summary>
    [Fact]
    public async Task What_was_stored_when_PostgreSQL_went_on_is_shown_by_the_device_within_seconds()
    {
        await using var cluster = await Cluster.Started(
            databases, toBeKilled: true, count: 2, own: _ => [$"{GrpcUrl}http://127.0.0.1:{Ports.Next()}"]);
        using var operators = RpcOf(cluster.Nodes[0], ServerProcess.Key);
        var till = cluster.Nodes[0].Till;
        await using var starts = await cluster.Nodes[0].Paired();
        await using var ends = await cluster.Nodes[1].Paired("TEST-2");
        await till.Charge(starts.ReaderId);
        await starts.Pay();
        var ended = await till.Charge(ends.ReaderId);
        Assert.Equal(ended, (await ends.Expect<ShowCheckout>()).Checkout.CheckoutId);
        await databases.Freeze();
        using var frozen = new PeriodicTimer(LongerThanStatements);
        var asked = till.Post($"readers/{starts.ReaderId}/checkout", Checkouts.Coffee);
        var ending = cluster.Nodes[1].Till.Post($"readers/{ends.ReaderId}/terminate", new { });
        foreach (var one in new[] { asked, ending })
        {
            using var answer = await one;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }
        await frozen.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        Assert.Equal("down", await Told());
        databases.Thaw();

        var since = Stopwatch.StartNew();
        var shown = (await starts.Expect<ShowCheckout>()).Checkout.CheckoutId;
        var started = since.Elapsed;
        Assert.Equal(ended, (await ends.Expect<Terminate>()).CheckoutId);
        Console.WriteLine($"silent database: stored at the thaw, the start is shown after {started.TotalSeconds:F2} s, "
            + $"the end after {since.Elapsed.TotalSeconds:F2} s");
        Assert.InRange(since.Elapsed, TimeSpan.Zero, Promised + Margin);
        Assert.True(await starts.AskStart(shown));
        await Eventually.Equal("up", Told);
        cluster.Discard();

        async Task<string> Told() => (await operators.Status.GetAsync(
            new(), cancellationToken: TestContext.Current.CancellationToken)).Database;
    }

    private static async Task<string> MakeKey(ServerProcess node)
    {
        using var made = await node.Till.Post("/fleet/v1/keys", new
        {
            name = "made over the API", scopes = new[] { "checkouts.read", "checkouts.write", "readers.read" },
        });
        return (await made.Json()).GetProperty("key").GetString() ?? "";
    }

    /// <summary>Asks everything in rounds, and disposes those who asked.</summary>
    private static async Task<Answer[]> AskAll(IReadOnlyList<Asker> askers)
    {
        var asked = new List<Task<Answer>>();
        using var rounds = new PeriodicTimer(Round);
        for (var since = Stopwatch.StartNew(); since.Elapsed < Frozen;)
        {
            foreach (var asker in askers) asked.AddRange([.. asker.AskRest(), .. asker.AskRpc()]);
            await rounds.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        var answers = await Task.WhenAll(asked);
        foreach (var asker in askers) asker.Dispose();
        return answers;
    }

    private static FleetClient RpcOf(ServerProcess node, string key) => new(
        new(node.More.Single(one => one.StartsWith(GrpcUrl, StringComparison.Ordinal))[GrpcUrl.Length..]), key,
        new() { Tries = 1 });

    private static async Task<Answer> Measure(string what, Task<bool> isUnavailable)
    {
        var since = Stopwatch.StartNew();
        return new(what, await isUnavailable, since.Elapsed);
    }

    private static async Task<bool> Status(Func<Task<HttpResponseMessage>> ask)
    {
        using var answer = await ask();
        return answer.StatusCode is HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null;
    }

    private static async Task<bool> Status<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return false;
        }
        catch (RpcException e)
        {
            return e.StatusCode is StatusCode.Unavailable;
        }
    }

    private sealed record Answer(string What, bool IsUnavailable, TimeSpan After);

    /// <summary>Asks one node with one key: a start on the idle reader, the rest about the busy one.</summary>
    private sealed class Asker(ServerProcess node, string key, string idle, string busy, Guid checkout)
        : IDisposable
    {
        private readonly Till _till = new(node.Address, ServerProcess.Merchant, key);

        private readonly FleetClient _rpc = RpcOf(node, key);

        /// <summary>With the key of the settings nothing about a status is read from the database.</summary>
        private bool IsMade => key != ServerProcess.Key;

        public void Dispose() => _rpc.Dispose();

        public IEnumerable<Task<Answer>> AskRest()
        {
            yield return Measure("start", Status(() => _till.Post($"readers/{idle}/checkout", Checkouts.Coffee)));
            yield return Measure("go-checkout", Status(() => _till.Post(
                $"/v0/merchants/{ServerProcess.Merchant}/readers/{idle}/go-checkout", new
                {
                    total_amount = new { currency = "EUR", value = 1500 }, client_transaction_id = $"{Guid.NewGuid()}",
                })));
            yield return Measure("terminate", Status(() => _till.Post($"readers/{busy}/terminate", new { })));
            yield return Measure("get", Status(() => _till.Get($"readers/{busy}/checkout/{checkout}")));
            if (IsMade) yield return Measure("status", Status(() => _till.Get($"readers/{busy}/status")));
        }

        public IEnumerable<Task<Answer>> AskRpc()
        {
            var (calls, start) = (_rpc.Checkouts, new StartRequest
            {
                ReaderId = idle, TotalAmount = new() { Currency = "EUR", MinorUnit = 2, Value = 1500 },
            });
            yield return Measure("gRPC start", Status(calls.StartAsync(start)));
            yield return Measure("gRPC terminate", Status(calls.TerminateAsync(new() { ReaderId = busy })));
            yield return Measure("gRPC get", Status(calls.GetAsync(new() { CheckoutId = $"{checkout}" })));
            if (IsMade) yield return Measure("gRPC status", Status(_rpc.Readers.GetAsync(new() { ReaderId = busy })));
        }
    }
}
