using System.Text.Json;
using Fleet.Protocol;
using Fleet.Protocol.V1;
using Fleet.Server.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>Presence and battery of a reader over a day: stored each half hour, and drawn on its page.</summary>
public sealed class ReaderDayTests : IAsyncLifetime
{
    private readonly FleetApp _app = new();

    public ValueTask InitializeAsync() => _app.InitializeAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Each_half_hour_is_on_the_page_with_its_state_and_battery()
    {
        await using var device = await _app.PairedDevice();
        await device.Send(new DeviceStatus(device.Epoch, BatteryLevel: 55));
        using var caller = new RpcCaller(_app);
        await Eventually.Equal(55d, async () => (await caller.Get(device)).Battery);
        await NextSample(_app, device, 1);
        await device.HangUp();
        await Eventually.Equal(Presence.Offline, () => caller.Presence("default", device));
        _app.Pass(1_800);
        await NextSample(_app, device, 2);

        Assert.Equal(["FREE 09:00 55", "OFFLINE 09:30 55"], await Samples(_app.Till, device));
        using var visitor = await Visitor.SignIn(_app, FleetApp.Key);
        var page = (await visitor.Open(PageOf(device))).Text;
        Assert.Contains("The last 24 hours: free 0.5 h, offline 0.5 h, not known 23 h. Battery from 55 %", page);
        Assert.Contains("<title>09:00 UTC: free, battery 55 %</title>", page);
        Assert.Equal(48, System.Text.RegularExpressions.Regex.Count(page, "<rect class"));
        Assert.Contains("\"samples\"", (await visitor.Open(PageOf(device) + ".json")).Text);
        Assert.Contains("The last 24 hours: free 0.5 h, offline 0.5 h.",
            await new Shell(_app).Does($"device {device.Serial}"));
    }

    [Fact]
    public async Task While_no_node_ran_nothing_is_known_and_the_reader_was_not_offline()
    {
        await using var device = await _app.PairedDevice();
        await NextSample(_app, device, 1);
        await _app.Stop();
        _app.Pass(7_200);
        await using var again = await _app.StartAgain();
        using var caller = new RpcCaller(again);
        await Eventually.Equal(Presence.Offline, () => caller.Presence("default", device));
        await NextSample(again, device, 2);

        Assert.Equal(["FREE 09:00 ", "OFFLINE 11:00 "], await Samples(again.Till, device));
        using var visitor = await Visitor.SignIn(again, FleetApp.Key);
        Assert.Contains("free 0.5 h, offline 0.5 h, not known 23 h.", (await visitor.Open(PageOf(device))).Text);
    }

    [Fact]
    public async Task What_is_older_than_two_days_is_deleted()
    {
        await using var device = await _app.PairedDevice();
        await NextSample(_app, device, 1);
        _app.Pass(TimeSpan.FromHours(49).TotalSeconds);
        await Eventually.Equal(0, CountOld, () => _app.Pass(60));
        Assert.NotEmpty(await Samples(_app.Till, device));

        async Task<int> CountOld() => (await List()).Count(one => one.At < _app.Clock.GetUtcNow().AddDays(-2));

        Task<IReadOnlyList<(DateTimeOffset At, ReaderLook Look)>> List() =>
            _app.Services.GetRequiredService<IBoardSamples>().ListOfReader(FleetApp.Merchant, "default",
                device.ReaderId, _app.Clock.GetUtcNow().AddDays(-30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_reader_that_was_moved_has_the_day_of_its_new_store_only()
    {
        using var caller = new RpcCaller(_app);
        await caller.Store("front");
        await caller.Store("back");
        await using var device = await caller.Paired("front");
        await NextSample(_app, device, 1);
        await caller.Move(device, "back");
        var key = await _app.Till.MakeKey(new { name = "shop", scopes = new[] { "readers.read" }, store = "back" });
        using var visitor = await Visitor.SignIn(_app, key.Key);

        Assert.Contains("The last 24 hours: not known 24 h.", (await visitor.Open(PageOf(device))).Text);
        Assert.Empty(await Samples(_app.TillOf(FleetApp.Merchant, key.Key), device));
    }

    [Fact]
    public async Task A_database_that_fails_loses_one_sample_and_no_payment()
    {
        await using var app = await FleetApp.StartWith(builder =>
            builder.Services.AddSingleton<IBoardSamples, Failing>());
        await using var device = await app.PairedDevice();
        app.Pass(60);
        await Eventually.Equal(true, () => Task.FromResult(Failing.Tried));
        await app.Till.Charge(device.ReaderId);
        await device.Pay();
    }

    /// <summary>Moves the clock until the reader has so many samples.</summary>
    private static Task NextSample(FleetApp app, TestDevice device, int count) =>
        Eventually.Equal(count, async () => (await Samples(app.Till, device)).Length, () => app.Pass(20));

    private static async Task<string[]> Samples(Till till, TestDevice device)
    {
        using var answer = await till.Get($"/fleet/v1/devices/{device.Serial}");
        return (await answer.Json()).TryGetProperty("samples", out var samples)
            ? [.. samples.EnumerateArray().Select(TextOf)]
            : [];
    }

    private static string TextOf(JsonElement sample) =>
        $"{sample.Text("presence")} {sample.GetProperty("at").GetDateTimeOffset():HH:mm} "
        + (sample.TryGetProperty("battery", out var battery) ? $"{battery.GetInt32()}" : "");

    private static string PageOf(TestDevice device) => $"m/{FleetApp.Merchant}/readers/{device.ReaderId}";

    private sealed class Failing : IBoardSamples
    {
        public static bool Tried { get; private set; }

        public Task AddSamples(DateTimeOffset at, IReadOnlyList<BoardSample> samples)
        {
            Tried = true;
            throw new LedgerUnavailableException("The database is full.", new InvalidOperationException());
        }

        public Task<IReadOnlyList<(DateTimeOffset At, ReaderLook Look)>> ListOfReader(
            string merchantCode, string store, string readerId, DateTimeOffset since, CancellationToken cancel) =>
            Task.FromResult<IReadOnlyList<(DateTimeOffset At, ReaderLook Look)>>([]);

        public Task<int> ForgetSamples(DateTimeOffset before, int limit, CancellationToken cancel) =>
            Task.FromResult(0);
    }
}
