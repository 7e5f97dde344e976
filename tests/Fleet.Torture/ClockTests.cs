using System.Diagnostics;
using System.Net;
using Fleet.Protocol;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>Machines whose clocks are set while Fleet runs, or are wrong all the time.</summary>
public sealed class ClockTests(Databases databases)
{
    private const int Hour = 3_600;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60), Late = TimeSpan.FromSeconds(15);

    public static TheoryData<int> WrongClocks => [.. Size.Now.WrongClocks];

    [Fact]
    public async Task A_clock_that_is_set_back_is_noticed_and_nothing_fails()
    {
        var clock = new MachineClock();
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        await using var server = new ServerProcess("node", folder, $"--data={folder}/data") { Clock = clock };
        await server.Start();
        await using var device = await server.Paired();
        var checkout = await server.Till.Charge(device.ReaderId);
        var since = Stopwatch.StartNew();
        clock.Set(-Hour);
        await Eventually.Equal(HttpStatusCode.ServiceUnavailable, async () => (await Ready(server)).Status);
        Assert.Contains("set back", (await Ready(server)).Text, StringComparison.Ordinal);

        using var asleep = await server.Till.Get("readers/rdr_3MSAFM23CK82VSTT4BN6RWSQ65");
        Assert.Equal(HttpStatusCode.NotFound, asleep.StatusCode);
        await using var stranger = await TestDevice.Connect(server.LinkAddress, "TEST-2");
        await stranger.Introduce();
        await stranger.Expect<PairingCode>();
        await using var again = await device.ConnectAgain();
        Assert.InRange((await again.Resume()).Checkout?.RemainingMs ?? 0, 1, (long)Window.TotalMilliseconds);

        await Trial.Pass(Window - since.Elapsed);
        await Eventually.Equal("cancelled/expired", () => server.Till.Outcome(device.ReaderId, checkout));
        Assert.InRange(since.Elapsed, Window, Window + Late);
        clock.Set(0);
        await Eventually.Equal(HttpStatusCode.OK, async () => (await Ready(server)).Status);
        Assert.DoesNotContain("fail: ",
            server.Output.Replace("fail: Fleet.Server.Storage.ClockWatch", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        await server.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Readers and codes live on both nodes, and each payment goes over both.</summary>
    [Theory]
    [MemberData(nameof(WrongClocks))]
    public async Task A_node_with_a_wrong_clock_works_and_says_that_it_is_wrong(int seconds)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var postgres = await databases.Make();
        await using var right = new ServerProcess("right", folder, "--storage=postgres", $"--postgres={postgres}");
        await using var wrong = new ServerProcess("wrong", folder, "--storage=postgres", $"--postgres={postgres}")
        {
            Clock = new(seconds),
        };
        await right.Start();
        await wrong.Start();
        await Eventually.Equal(HttpStatusCode.OK, async () => (await Ready(right)).Status);
        await Eventually.Equal(HttpStatusCode.ServiceUnavailable, async () => (await Ready(wrong)).Status);
        Assert.Contains("set the one that is wrong", (await Ready(wrong)).Text, StringComparison.Ordinal);

        for (var i = 0; i < 6; i++)
        {
            var (near, far) = i % 2 == 0 ? (right, wrong) : (wrong, right);
            await using var device = await Paired(near, far, $"TEST-{i}");
            var checkout = await far.Till.Charge(device.ReaderId);
            Assert.InRange((await device.Expect<ShowCheckout>()).Checkout.RemainingMs, 1,
                (long)Window.TotalMilliseconds);
            if (i < 2) await Trial.Pass(TimeSpan.FromSeconds(2.5)); // both nodes have looked for what is overdue
            Assert.Equal("pending", await near.Till.Outcome(device.ReaderId, checkout));
            Assert.True(await device.AskStart(checkout));
            await device.Approve(checkout);
            Assert.Equal("successful", await far.Till.Outcome(device.ReaderId, checkout));
        }
        foreach (var node in new[] { right, wrong })
            Assert.DoesNotContain("   at ", node.Output, StringComparison.Ordinal); // no stack
        await right.DisposeAsync();
        await wrong.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>
    /// A killed node is in the cluster's table for a while. What comes after it at its address must be younger.
    /// </summary>
    [Fact]
    public async Task A_killed_node_whose_clock_is_set_back_starts_again()
    {
        var clock = new MachineClock(Hour);
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var postgres = await databases.Make();
        await using var node = new ServerProcess(
            "node", folder, "--storage=postgres", $"--postgres={postgres}")
        { Clock = clock };
        for (var start = 0; start < 3; start++)
        {
            await node.Start();
            clock.Set(-Hour);
            await node.Kill();
        }
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A device at one node, paired by a till at the other; its code lasts no longer than it should.</summary>
    private static async Task<TestDevice> Paired(ServerProcess near, ServerProcess far, string serial)
    {
        var device = await TestDevice.Connect(near.LinkAddress, serial);
        await device.Introduce();
        var code = await device.Expect<PairingCode>();
        var lasts = code.ExpiresAt - TimeProvider.System.GetUtcNow();
        Assert.InRange(lasts, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
        using var answer = await far.Till.Post("readers", new { pairing_code = code.Code, name = serial });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await device.ConfirmPairing();
        return device;
    }

    private static async Task<(HttpStatusCode Status, string Text)> Ready(ServerProcess server)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(
            new Uri(server.Operations, "/health/ready"), TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
