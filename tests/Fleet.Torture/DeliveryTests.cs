using System.Collections.Concurrent;
using System.Diagnostics;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A delivery has five steps: saved, claimed, sent, answered, settled. Nodes are killed between every two of them, all
/// at the same moment, and another node has to finish their work.
/// </summary>
public sealed class DeliveryTests(Databases databases)
{
    /// <summary>
    /// Of an attempt. Its lease is longer by some margin, and no other node may send before it ends.
    /// </summary>
    private const int TimeoutSeconds = 10;

    /// <summary>A statement that waits at a gate must not give up before its node is killed.</summary>
    private const string PatientStatements = "Command Timeout=60";

    private static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(TimeoutSeconds + 10);
    private static readonly TimeSpan FinishedWithin = TimeSpan.FromSeconds(60);

    /// <summary>Answers that are held back, by event.</summary>
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _held = new();

    [Fact]
    public async Task Nodes_killed_between_any_two_steps_of_a_delivery_lose_no_event_and_give_none_a_second_id()
    {
        await using var receiver = await Receiver.Started(Answer);
        await using var cluster = await Cluster.Started(
            databases, postgres: PatientStatements, settings: receiver.Settings(TimeoutSeconds, 1));
        await using var gates = await Gates.Built(cluster.Postgres);
        await using var ledger = new LedgerTables(cluster.Postgres);
        await using var device = await cluster.Nodes[2].Paired(); // the node that is not killed
        var shop = new Lane(cluster, receiver, gates, ledger, device);
        var events = await BringToTheGaps(shop);
        await Task.WhenAll(cluster.Kill(cluster.Nodes[0]), cluster.Kill(cluster.Nodes[1]));
        var since = Stopwatch.StartNew();
        _held.Clear(); // from now on the receiver answers every request

        // Of the statements on their way to the database, half never arrive, and half are executed for a dead node.
        await gates.Revoke(Step.Claim, events.Stored);
        await gates.Revoke(Step.Settle, events.Read);
        await gates.Open(Step.Claim, events.Claimed);
        await gates.Open(Step.Settle, events.Settling);
        await Eventually.Equal(("waiting", 1), () => shop.Row(events.Claimed));
        await Eventually.Equal(("delivered", 1), () => shop.Row(events.Settling));
        Assert.Equal(("waiting", 0), await shop.Row(events.Stored));
        await gates.ReserveNothing();
        await Shop.Until(async () => await ledger.CountWaiting() == 0, FinishedWithin,
            () => "not everything is delivered");
        Console.WriteLine($"delivery: another node finished all {since.Elapsed.TotalSeconds:F1} s after the kill");

        var rows = (await ledger.Events()).ToDictionary(row => row.Id);
        Assert.Equal(7, rows.Count);
        Check("stored, not claimed", rows[events.Stored], attempts: 1, shop.Posts(events.Stored), 200);
        Check("claimed, not sent", rows[events.Claimed], attempts: 2, shop.Posts(events.Claimed), 200);
        Check("sent, not answered", rows[events.Sent], attempts: 2, shop.Posts(events.Sent), null, 200);
        Check("answered, not read", rows[events.Answered], attempts: 2, shop.Posts(events.Answered), 200, 200);
        Check("read, not settled", rows[events.Read], attempts: 2, shop.Posts(events.Read), 200, 200);
        Check("settled, not known to the node", rows[events.Settling], attempts: 1, shop.Posts(events.Settling), 200);
        Check("settled", rows[events.Settled], attempts: 1, shop.Posts(events.Settled), 200);
        cluster.Discard();
    }

    /// <summary>The first node stops at its gap with one event, the second with all the others.</summary>
    private async Task<Gaps> BringToTheGaps(Lane shop)
    {
        var (gates, first, second) = (shop.Gates, shop.Cluster.Nodes[0], shop.Cluster.Nodes[1]);
        var settled = await shop.Accept(second);
        await shop.Pay(settled);
        await Eventually.Equal(("delivered", 1), () => shop.Row(settled));

        Guid[] held = [await Hold(), await Hold(), await Hold(), await Hold()];
        var (sent, answered, read, settling) = (held[0], held[1], held[2], held[3]);
        await Eventually.Equal(held.Length, () => Task.FromResult(held.Count(one => shop.Posts(one).Count == 1)));

        // One after the other: a claim that waits locks all rows that it wants.
        var claimed = await Claim(second);
        var stored = await Claim(first);

        foreach (var one in new[] { read, settling })
        {
            await gates.Close(Step.Settle, one);
            Release(one);
            await Eventually.Equal(second.Name, () => gates.WhoWaits(Step.Settle, one));
        }
        await shop.Cluster.Freeze(second); // what is answered now is never read
        Release(answered);
        await Eventually.Equal(200, () => Task.FromResult(shop.Posts(answered)[^1].Answered));
        return new(stored, claimed, sent, answered, read, settling, settled);

        async Task<Guid> Hold()
        {
            var checkout = await shop.Accept(second);
            _held[checkout] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await shop.Pay(checkout);
            return checkout;
        }

        async Task<Guid> Claim(ServerProcess node)
        {
            var checkout = await shop.Accept(node);
            await gates.Close(Step.Claim, checkout);
            await shop.Pay(checkout);
            await Eventually.Equal(node.Name, () => gates.WhoWaits(Step.Claim, checkout));
            return checkout;
        }
    }

    private async Task<int?> Answer(Post post, CancellationToken hungUp)
    {
        if (_held.TryGetValue(post.Id ?? default, out var released)) await released.Task.WaitAsync(hungUp);
        return 200;
    }

    private void Release(Guid @event) => _held[@event].SetResult();

    /// <summary>Delivered, told as often as its gap allows, and each time the same.</summary>
    private static void Check(string gap, EventRow row, int attempts, IReadOnlyList<Post> posts, params int?[] answers)
    {
        var apart = posts.Zip(posts.Skip(1), (one, next) => next.At - one.At).ToArray();
        Console.WriteLine($"delivery: {gap}: {row.Attempts} attempts, {posts.Count} webhooks"
            + string.Concat(apart.Select(time => $", {time.TotalSeconds:F1} s apart")));
        Assert.Equal((gap, "delivered", attempts), (gap, row.State, row.Attempts));
        Assert.Equal(answers, posts.Select(post => post.Answered));
        Assert.All(posts, post => Assert.Equal((row.Id, row.Id, row.BodyHash), (post.Id, post.BodyId, post.BodyHash)));
        Assert.All(apart, time => Assert.InRange(time, ShortestLease, FinishedWithin));
    }

    /// <summary>Events by the last step that their node came to.</summary>
    private sealed record Gaps(
        Guid Stored, Guid Claimed, Guid Sent, Guid Answered, Guid Read, Guid Settling, Guid Settled);

    /// <summary>One reader, and what becomes of its checkouts.</summary>
    private sealed record Lane(Cluster Cluster, Receiver Receiver, Gates Gates, LedgerTables Ledger, TestDevice Device)
    {
        /// <summary>A checkout whose outcome is to be delivered by this node.</summary>
        public async Task<Guid> Accept(ServerProcess node)
        {
            var checkout = await Cluster.Nodes[^1].Till.Charge(Device.ReaderId, new
            {
                total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 },
                return_url = Receiver.ReturnUrl,
            });
            await Gates.Reserve(checkout, node);
            return checkout;
        }

        public async Task Pay(Guid checkout)
        {
            Assert.True(await Device.AskStart(checkout));
            await Device.Approve(checkout);
        }

        public async Task<(string State, int Attempts)> Row(Guid @event)
        {
            var row = (await Ledger.Events()).Single(row => row.Id == @event);
            return (row.State, row.Attempts);
        }

        public IReadOnlyList<Post> Posts(Guid @event) => [.. Receiver.Posts.Where(post => post.Id == @event)];
    }
}
