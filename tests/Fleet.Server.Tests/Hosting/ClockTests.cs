using System.Net;
using Fleet.Protocol;
using Fleet.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Fleet.Server.Tests;

/// <summary>A node whose machine has a clock that is set, on SQLite and on PostgreSQL.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class ClockTests
{
    private const int Hour = 3_600, Window = 60;

    [Theory]
    [InlineData(-1_200)]
    [InlineData(-Hour)]
    public async Task A_node_whose_clock_is_set_back_is_not_ready_and_fails_in_nothing(int seconds)
    {
        var (fleet, machine) = await Start();
        await using var node = fleet;
        await using var device = await fleet.PairedDevice();
        await fleet.Forget(device.ReaderId);
        machine.Set(seconds);

        await Eventually.Equal($"503 The clock of this machine was set back by {-seconds} s, more than the 30 s of "
            + "ClockLimitSeconds: set it right; if it is right now, restart the node.", () => Ready(fleet),
            () => fleet.Pass(0.1));
        Assert.InRange((await Metrics.Of(fleet))["fleet_clock_offset_seconds"] ?? 0, -seconds - 2, -seconds + 2);
        using var status = await fleet.Till.Get($"readers/{device.ReaderId}/status");
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        await using var stranger = await fleet.PairedDevice("Lane 2");
        await fleet.Till.Charge(stranger.ReaderId);
        await stranger.Pay();

        machine.Set(0);
        await Eventually.Equal("200", () => Ready(fleet), () => fleet.Pass(0.1));
    }

    [Fact]
    public async Task An_open_window_ends_in_time_although_the_clock_is_set_back()
    {
        var (fleet, machine) = await Start();
        await using var node = fleet;
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        machine.Set(-Hour);
        await using var again = await device.ConnectAgain();

        Assert.InRange((await again.Resume()).Checkout?.RemainingMs ?? 0, 1, Window * 1_000);
        fleet.Pass(Window - 2);
        Assert.Equal("pending", await fleet.Till.Outcome(device.ReaderId, checkout));
        fleet.Pass(3);
        Assert.Equal("cancelled/expired", await fleet.Till.Outcome(device.ReaderId, checkout));
        await fleet.Till.Charge(device.ReaderId);
    }

    [Fact]
    public async Task An_open_window_is_over_when_a_node_is_restarted_with_a_clock_that_was_set_back()
    {
        var (fleet, _) = await Start();
        await using var before = fleet;
        await using var device = await before.PairedDevice();
        var checkout = await before.Till.Charge(device.ReaderId);
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder, builder => Machine.Of(builder).Set(-Hour));
        await Eventually.Equal("cancelled/expired", () => after.Till.Outcome(device.ReaderId, checkout),
            () => after.Pass(0.1));
        await using var again = await device.ConnectAgain(after.LinkAddress);
        Assert.Null((await again.Resume()).Checkout);
        await after.Till.Charge(device.ReaderId);
        await again.Pay();
    }

    [Fact]
    public async Task A_clock_that_is_set_forward_is_followed_at_once()
    {
        var (fleet, machine) = await Start();
        await using var node = fleet;
        await using var device = await fleet.PairedDevice();
        var checkout = await fleet.Till.Charge(device.ReaderId);
        machine.Set(Hour);

        await Eventually.Equal("cancelled/expired", () => fleet.Till.Outcome(device.ReaderId, checkout),
            () => fleet.Pass(0.1));
        Assert.Equal("200", await Ready(fleet));
    }

    [Theory]
    [InlineData(-300)]
    [InlineData(300)]
    public async Task Nodes_on_machines_five_minutes_apart_have_one_time(int seconds)
    {
        await using var right = await FleetApp.StartCluster(builder => Machine.Of(builder, TimeProvider.System));
        await using var wrong =
            await right.StartAnother(builder => Machine.Of(builder, TimeProvider.System).Set(seconds));
        await Eventually.Equal(
            $"503 The clocks of this node and of its database are 300 s apart, more than the 30 s of "
            + "ClockLimitSeconds: set the one that is wrong.", () => Ready(wrong));
        Assert.Equal("200", await Ready(right));
        foreach (var (near, far) in new[] { (right, wrong), (wrong, right) })
        {
            await using var device = await near.Device($"TEST-{near.Address.Port}");
            await device.Introduce();
            var code = await device.Expect<PairingCode>();
            Assert.InRange(code.ExpiresAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(4),
                TimeSpan.FromMinutes(5));
            using var answer = await far.Till.Post("readers", new { pairing_code = code.Code, name = "Lane" });
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            await device.ConfirmPairing();
            await far.Till.Charge(device.ReaderId);
            await device.Pay();
        }
    }

    private static async Task<(FleetApp Fleet, Machine Machine)> Start()
    {
        Machine? machine = null;
        var fleet = await FleetApp.Start(builder => machine = Machine.Of(builder));
        return (fleet, machine ?? throw new InvalidOperationException("The node was not built."));
    }

    /// <summary>The status of the node's readiness, and its reason.</summary>
    private static async Task<string> Ready(FleetApp node)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(node.OperationsAddress, "/health/ready"), TestContext.Current.CancellationToken);
        var reason = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return $"{(int)answer.StatusCode} {reason}".Trim();
    }

    /// <summary>A machine whose clock is set; what it counts goes on.</summary>
    private sealed class Machine(TimeProvider real) : TimeProvider
    {
        private int _seconds;

        public override long TimestampFrequency => real.TimestampFrequency;

        public void Set(int seconds) => Volatile.Write(ref _seconds, seconds);

        /// <summary>The machine of a node, whose clock Orleans reads as well.</summary>
        public static Machine Of(WebApplicationBuilder builder, TimeProvider? real = null)
        {
            real ??= builder.Services.Last(
                service => service.ServiceType == typeof(TimeProvider) && !service.IsKeyedService)
                .ImplementationInstance as TimeProvider;
            var machine = new Machine(real ?? throw new InvalidOperationException("The test's clock is not there."));
            builder.Services.AddSingleton(services => // made when the test has set it
                ClockWatch.Begin(machine, services.GetRequiredService<Database>()));
            builder.Services.AddSingleton<TimeProvider>(services => services.GetRequiredService<NodeClock>());
            builder.Services.AddKeyedSingleton<TimeProvider>(TimeProviderNames.ActivationManagement,
                (services, _) => services.GetRequiredService<NodeClock>());
            return machine;
        }

        public override DateTimeOffset GetUtcNow() => real.GetUtcNow().AddSeconds(Volatile.Read(ref _seconds));

        public override long GetTimestamp() => real.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            real.CreateTimer(callback, state, dueTime, period);
    }
}
