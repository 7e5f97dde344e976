using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Server.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Many events at once: a host that accepts none of them, and when the sender claims more.</summary>
public sealed class CrowdedOutboxTests : IAsyncLifetime
{
    private const int Crowd = 10_000, PerHost = 16;

    private readonly TcpListener _dead = new(IPAddress.Any, 0);
    private Receiver? _alive;
    private FleetApp? _fleet;

    private Receiver Alive => _alive ?? throw new InvalidOperationException("It does not listen yet.");

    private FleetApp Fleet => _fleet ?? throw new InvalidOperationException("The node is not running.");

    private WebhookSender Sender => Fleet.Services.GetRequiredService<WebhookSender>();

    private Uri Dead => DeadHost(2);

    private Uri DeadHost(int number) => new($"http://127.0.0.{number}:{((IPEndPoint)_dead.LocalEndpoint).Port}/hook");

    public async ValueTask InitializeAsync()
    {
        _dead.Start(backlog: 512); // accepts connections, and never answers
        _alive = await Receiver.Start();
        _fleet = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.0/8",
            $"--Fleet:Webhooks:AllowedPorts:0={Alive.Port}", $"--Fleet:Webhooks:AllowedPorts:1={Dead.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        _dead.Dispose(); // so that the node need not wait for it
        await Fleet.DisposeAsync();
        await Alive.DisposeAsync();
    }

    [Fact]
    public async Task Ten_thousand_events_of_a_dead_host_keep_no_other_waiting()
    {
        await Fleet.PutRows(Crowd, Dead, "waiting", Fleet.Clock.GetUtcNow());
        Sender.Wake();
        await Eventually.Equal(PerHost, () => Task.FromResult(Sender.UnderWay));
        var inbox = Alive.Open();

        // At first, while it keeps all it may have; then, when it is given up; and then, when it is tried again.
        foreach (var seconds in new[] { 0, 4, 6, 1, 14, 1, 10, 1 })
        {
            Fleet.Pass(seconds);
            await Fleet.Till.Fire(inbox.Url);
            await inbox.Next(); // the clock stands still
            Assert.InRange(Sender.UnderWay, 0, PerHost + 4); // attempts to the other hosts may not have ended yet
        }

        Assert.InRange(await BegunOfTheDead(), PerHost, 4 * PerHost);
    }

    [Fact]
    public async Task Nor_do_forty_dead_hosts_at_once()
    {
        const int Hosts = 40, All = 128 + Hosts; // the most for one host, and one more for each host
        for (var i = 0; i < Hosts; i++)
            await Fleet.PutRows(PerHost, DeadHost(10 + i), "waiting", Fleet.Clock.GetUtcNow());
        Sender.Wake();
        await Eventually.Equal(true, () => Task.FromResult(Sender.UnderWay >= 128 + Hosts / 2));
        var inbox = Alive.Open();

        for (var i = 0; i < 5; i++)
        {
            await Fleet.Till.Fire(inbox.Url);
            await inbox.Next(); // the clock stands still
            Assert.InRange(Sender.UnderWay, 1, All);
        }
    }

    [Fact]
    public async Task What_a_look_left_behind_is_taken_when_there_is_room_again()
    {
        var inbox = Alive.Open();
        await Fleet.PutRows(10 * PerHost, inbox.Url, "waiting", Fleet.Clock.GetUtcNow());

        Sender.Wake();

        for (var i = 0; i < 10 * PerHost; i++) await inbox.Next(); // the clock stands still
    }

    [Theory]
    [InlineData(16)]
    [InlineData(3)]
    [InlineData(1)]
    public async Task A_host_has_all_of_its_attempts_at_the_same_time_and_never_one_more(int perHost)
    {
        await using var fleet = await FleetApp.Start(null, "--Fleet:Webhooks:AllowedNetworks:0=127.0.0.0/8",
            $"--Fleet:Webhooks:AllowedPorts:0={Alive.Port}", $"--Fleet:Webhooks:PerHost={perHost}");
        var sender = fleet.Services.GetRequiredService<WebhookSender>();
        var (crowd, ends) = (3 * perHost, new ConcurrentQueue<TaskCompletionSource>());
        var (underWay, seen) = (0, new ConcurrentBag<int>());
        var inbox = Alive.Open(async (_, _) =>
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            seen.Add(Interlocked.Increment(ref underWay));
            ends.Enqueue(end);
            await end.Task;
            Interlocked.Decrement(ref underWay);
        });
        await fleet.PutRows(crowd, inbox.Url, "waiting", fleet.Clock.GetUtcNow());
        sender.Wake();

        for (var left = crowd; left > 0;)
        {
            await Eventually.Equal(Math.Min(perHost, left), () => Task.FromResult(ends.Count));
            for (var i = 0; i < Math.Max(1, perHost / 2) && ends.TryDequeue(out var end); i++, left--) end.SetResult();
        }

        await sender.Settled();
        Assert.Equal((crowd, perHost), (inbox.Count, seen.Max()));
    }

    [Fact]
    public async Task An_event_that_can_be_sent_nowhere_dies_like_any_other_and_keeps_none_waiting()
    {
        foreach (var url in new[] { new Uri("https://\u05d0till.example/hook"), new Uri("nowhere", UriKind.Relative) })
            await Fleet.PutRows(1, url, "waiting", Fleet.Clock.GetUtcNow());
        var inbox = Alive.Open();
        await Fleet.PutRows(5, inbox.Url, "waiting", Fleet.Clock.GetUtcNow());

        for (var attempt = 1; attempt <= 6; attempt++)
        {
            await Sender.Settled();
            Assert.Equal(5, inbox.Count); // the clock has not moved before the first check
            Fleet.Pass(3600);
        }

        await Sender.Settled();
        var dead = (await Fleet.Till.Deliveries("?state=dead")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["dead, 6 begun, 6 failed", "dead, 6 begun, 6 failed"], dead.Select(WebhookCalls.ProgressOf));
        Assert.All(dead, one => Assert.Equal("not sent: UriFormatException", one.GetProperty("problem").GetString()));
    }

    [Fact]
    public async Task A_delivery_that_ends_makes_nobody_look_when_nothing_was_left()
    {
        var ends = Enumerable.Range(0, 7).Select(_ => new TaskCompletionSource()).ToList();
        var inbox = Alive.Open((number, _) => ends[number - 1].Task);
        await Fleet.PutRows(ends.Count, inbox.Url, "waiting", Fleet.Clock.GetUtcNow());
        Sender.Wake();
        foreach (var _ in ends) await inbox.Next();
        var looks = Sender.Looks;

        foreach (var (i, end) in ends.Index())
        {
            end.SetResult();
            await Eventually.Equal(ends.Count - 1 - i, () => Task.FromResult(Sender.UnderWay));
        }

        Assert.InRange(Sender.Looks - looks, 0, 1); // the check that claimed them may have ended late
    }

    /// <summary>Attempts begun at the dead host.</summary>
    private async Task<int> BegunOfTheDead()
    {
        var (begun, after) = (0, "");
        do
        {
            var page = await Fleet.Till.Deliveries($"?limit=500{after}");
            begun += page.GetProperty("items").EnumerateArray()
                .Where(item => item.GetProperty("url").GetString() == $"{Dead}")
                .Sum(item => item.GetProperty("attempts").GetInt32());
            after = page.TryGetProperty("next", out var next) ? $"&after={next.GetString()}" : "";
        }
        while (after.Length > 0);
        return begun;
    }
}
