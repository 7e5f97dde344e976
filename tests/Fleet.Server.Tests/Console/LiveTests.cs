using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Fleet.Server.Console.Live;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Server.Tests;

/// <summary>Streams of the console whose viewers are slow, come and go, or may not watch any more.</summary>
public sealed class LiveTests : IAsyncLifetime
{
    private const string Board = $"m/{FleetApp.Merchant}/stores/default/live";
    private const string Never = "something that never comes";

    /// <summary>More than what a connection holds that nobody reads.</summary>
    private const int Parts = 48, PartSize = 512 * 1024;

    private readonly TestStream _stream = new();
    private FleetApp? _app;

    private FleetApp App => _app ?? throw new InvalidOperationException("The node is not running.");

    public async ValueTask InitializeAsync() =>
        _app = await FleetApp.Start(builder => builder.Services.AddSingleton<IStartupFilter>(_stream));

    public ValueTask DisposeAsync() => App.DisposeAsync();

    [Fact]
    public async Task A_viewer_that_reads_nothing_for_a_minute_is_closed_and_the_others_go_on()
    {
        using var slow = await Visitor.SignIn(App, FleetApp.Key);
        using var other = await Visitor.SignIn(App, FleetApp.Key);
        using var unread = await slow.Hold(TestStream.Path);
        using var read = await other.Hold(TestStream.Path);
        await Viewers(2);
        TellMuch();
        await Visitor.Read(read, $"part {Parts - 1}.");
        await Eventually.Equal(1, () => Task.FromResult(Now), () => App.Pass(0.2));
        _stream.Tell(("small", "after the minute"));

        Assert.Contains("after the minute", await Visitor.Read(read, "after the minute"));
        await Assert.ThrowsAnyAsync<IOException>(() => Visitor.Read(unread, Never));
    }

    [Fact]
    public async Task One_key_has_a_limit_of_viewers_and_others_still_watch()
    {
        using var many = await Visitor.SignIn(App, FleetApp.Key);
        using var other = await Visitor.SignIn(App, FleetApp.ChainKey);
        var open = await Task.WhenAll(Enumerable.Range(0, Broadcasts.MaxPerKey).Select(_ => many.Hold(Board)));
        await Viewers(Broadcasts.MaxPerKey);
        using var refused = await many.Hold(Board);
        using var watched = await other.Hold(Board);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("watch 200 pages",
            await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, watched.StatusCode);
        foreach (var one in open) one.Dispose();
        await Viewers(1);
        using var again = await many.Hold(Board);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_viewer_that_fell_behind_gets_the_newest_state_and_none_in_between()
    {
        using var slow = await Visitor.SignIn(App, FleetApp.Key);
        using var other = await Visitor.SignIn(App, FleetApp.Key);
        using var unread = await slow.Hold(TestStream.Path);
        var watching = other.Watch(TestStream.Path, "state 100.");
        await Viewers(2);
        TellMuch();
        for (var i = 1; i <= 100; i++) _stream.Tell(("small", $"state {i}."));
        await watching;
        var seen = await Visitor.Read(unread, "state 100.");

        Assert.Contains($"part {Parts - 1}.", seen);
        Assert.InRange(Regex.Count(seen, "state "), 1, 2);
    }

    [Fact]
    public async Task A_viewer_that_reads_nothing_costs_no_more_than_the_names_of_parts()
    {
        var told = new TaskCompletionSource();
        var broadcast = new Broadcast(Tell, NullLogger.Instance);
        using var viewer = broadcast.TryJoin();
        Assert.NotNull(viewer);
        await told.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal("event: put\ndata: 9998\n\nevent: put\ndata: 9999\n\nevent: only\ndata: 0 1\n\n",
            Encoding.UTF8.GetString(broadcast.Take(viewer)));
        Assert.Empty(broadcast.Take(viewer));
        Assert.True(broadcast.Leave(viewer));

        async IAsyncEnumerable<LiveChange> Tell([EnumeratorCancellation] CancellationToken cancel)
        {
            for (var i = 0; i < 10_000; i++) yield return new(false, [new($"{i % 2}", $"{i}")]);
            told.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancel);
        }
    }

    [Fact]
    public async Task The_source_is_followed_only_while_a_viewer_is_there()
    {
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        for (var i = 0; i < 20; i++)
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => visitor.Peek(TestStream.Path)));
        await Viewers(0);
        await Followed(0);

        using (await visitor.Hold(TestStream.Path)) await Followed(1);
        await Followed(0);
    }

    [Fact]
    public async Task A_source_that_failed_is_followed_again_for_those_who_watch()
    {
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        var watching = visitor.Watch(TestStream.Path, "after the failure");
        _stream.Tell(("small", "before the failure"));
        _stream.Tell((TestStream.Failure, ""));
        _stream.Tell(("small", "after the failure"));

        Assert.Contains("before the failure", await watching);
    }

    [Fact]
    public async Task Who_connects_again_is_told_all_parts_that_there_are()
    {
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        using var open = await visitor.Hold(TestStream.Path);
        _stream.Tell(("one", "1"), ("two", "2"));
        await visitor.Watch(TestStream.Path, "event: only\ndata: one two");
    }

    [Fact]
    public async Task A_session_that_ended_has_no_streams()
    {
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        var watching = visitor.Watch(Board, Never);
        await Viewers(1);
        await visitor.Send("fleet", "sign-out");

        Assert.DoesNotContain(Never, await watching);
        await Viewers(0);
    }

    [Fact]
    public async Task Five_seconds_after_its_key_was_revoked_a_session_has_no_streams()
    {
        var made = await App.Till.MakeKey(new { name = "screen", scopes = new[] { "fleet.read", "readers.read" } });
        using var visitor = await Visitor.SignIn(App, made.Key);
        var watching = visitor.Watch(Board, Never);
        await Viewers(1);
        await App.Till.Revoke(made.Id);
        App.Pass(5);

        Assert.DoesNotContain(Never, await watching);
        Assert.EndsWith("sign-in?to=fleet", (await visitor.Open("fleet")).At.ToString());
    }

    [Fact]
    public async Task A_store_without_trouble_goes_from_the_list_of_those_with_it()
    {
        await using var device = await App.PairedDevice();
        await device.DisposeAsync();
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        await Eventually.Equal(true, async () => (await visitor.Open("fleet?show=trouble")).Text.Contains("1 offline"),
            () => App.Pass(1));
        using var stream = await visitor.Hold("fleet/live?show=trouble");
        Assert.Contains("1 offline", await Visitor.Read(stream, "1 offline"));

        await using var back = await device.ConnectAgain();
        await back.Resume();
        var watching = Visitor.Read(stream, $"event: gone\ndata: store-{FleetApp.Merchant}-default");
        await Eventually.Equal(true, () => Task.FromResult(watching.IsCompleted), () => App.Pass(1));
    }

    [Fact]
    public async Task Pages_are_compressed_for_those_who_can_read_that()
    {
        using var visitor = await Visitor.SignIn(App, FleetApp.Key);
        visitor.Accept("br");
        using var page = await visitor.Hold("fleet");
        using var stream = await visitor.Hold("fleet/live");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(["br"], page.Content.Headers.ContentEncoding);
        Assert.Empty(stream.Content.Headers.ContentEncoding);
    }

    private int Now => App.Services.GetRequiredService<Broadcasts>().Viewers;

    private Task Viewers(int count) => Eventually.Equal(count, () => Task.FromResult(Now));

    private Task Followed(int times) => Eventually.Equal(times, () => Task.FromResult(_stream.Followed));

    private void TellMuch()
    {
        var filler = new string('x', PartSize);
        _stream.Tell([.. Enumerable.Range(0, Parts).Select(i => ($"{i}", $"part {i}.{filler}"))]);
    }
}
