using System.Net;
using Fleet.Protocol;
using Fleet.Torture.Processes;
using Npgsql;

namespace Fleet.Torture;

/// <summary>
/// kill -9 between the steps in which a device is given up, paired anew, and connected: no reader is lost by that.
/// </summary>
public sealed class TakeoverTests(Databases databases)
{
    private const string Serial = "TEST-1";

    private const string Waiting =
        "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";

    public static TheoryData<bool> Storages => [.. Size.Now.Storages];

    [Theory]
    [MemberData(nameof(Storages))]
    public async Task A_result_kept_over_deletion_kill_and_a_new_pairing_counts_for_its_checkout(bool postgres)
    {
        await using var server = await Started(postgres ? await databases.Make() : null);
        await using var device = await server.Paired();
        var (first, checkout) = (device.ReaderId, await Granted(server, device));
        await device.HangUp();
        using (await server.Till.Delete($"readers/{first}")) { }
        await server.Kill();
        await server.Start();
        await using var again = await device.ConnectAgain();
        await again.Send(new Hello(again.Serial, "virtual-solo", again.Firmware, first, again.Credential));
        await again.Expect<Unpaired>();
        await again.Introduce();
        Assert.Equal("201", await Pair(server, await Code(again)));
        await again.ConfirmPairing();
        await again.Approve(checkout);

        using var paid = await server.Till.Get($"/v2.1/merchants/{ServerProcess.Merchant}/transactions?id={checkout}");
        Assert.Equal("SUCCESSFUL", (await paid.Json()).GetProperty("status").GetString());
    }

    [Theory]
    [MemberData(nameof(Storages))]
    public async Task A_reader_is_not_taken_by_its_serial_number_right_after_a_kill(bool postgres)
    {
        await using var server = await Started(postgres ? await databases.Make() : null);
        await using var victim = await server.Paired();
        var checkout = await Granted(server, victim);
        await server.Kill();
        await server.Start();
        await using var thief = await TestDevice.Connect(server.LinkAddress, victim.Serial);
        await thief.Introduce();
        Assert.Equal("409 DEVICE_HAS_CHECKOUT", await Pair(server, await Code(thief)));
        await using (var back = await victim.ConnectAgain())
        {
            await back.Resume();
            await back.Approve(checkout);
        }
        await server.Kill();
        await server.Start();

        await using var again = await TestDevice.Connect(server.LinkAddress, victim.Serial);
        await again.Introduce();
        var next = await Code(again);
        Assert.Equal("409 DEVICE_JUST_GONE", await Pair(server, next));
        Assert.Equal("successful", await server.Till.Outcome(victim.ReaderId, checkout));
        using (await server.Till.Delete($"readers/{victim.ReaderId}")) { }
        Assert.Equal("201", await Pair(server, next));
    }

    /// <summary>
    /// The old reader has given up its device, and the row of the device is held, so that the pairing comes no further.
    /// </summary>
    [Fact]
    public async Task A_kill_between_the_old_reader_and_the_new_one_leaves_a_device_that_can_be_paired()
    {
        var postgres = await databases.Make();
        await using var server = await Started(postgres);
        await using var device = await TestDevice.Connect(server.LinkAddress, Serial);
        await device.Introduce();
        Assert.Equal("201", await Pair(server, await Code(device)));
        var lost = await device.Expect<Paired>(); // and its credential is lost before it was used
        await device.Introduce();
        var code = await Code(device);
        await using (await HeldRow.Of(postgres, Serial))
        {
            var unanswered = Pair(server, code);
            await Eventually.Equal(1L, () => Databases.Ask(postgres, $"SELECT count(*) {Waiting}"));
            await server.Kill();
            // its last frame never arrived
            await Databases.Execute(postgres, $"SELECT pg_terminate_backend(pid) {Waiting}");
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => unanswered);
        }
        await server.Start();

        Assert.Equal("expired", await StatusOf(server, lost.ReaderId));
        await using var again = await TestDevice.Connect(server.LinkAddress, Serial);
        await again.Send(new Hello(Serial, "virtual-solo", again.Firmware, lost.ReaderId, lost.Credential));
        Assert.Equal(lost.ReaderId, (await again.Expect<Unpaired>()).ReaderId);
        await again.Introduce();
        Assert.Equal("201", await Pair(server, await Code(again)));
        await again.ConfirmPairing();
        var checkout = await Granted(server, again);
        await again.Approve(checkout);
        Assert.Equal("successful", await server.Till.Outcome(again.ReaderId, checkout));
    }

    private static Task<ServerProcess> Started(string? postgres) => postgres is null
        ? ServerProcess.Started()
        : ServerProcess.Started("--storage=postgres", $"--postgres={postgres}");

    private static async Task<string> Code(TestDevice device) => (await device.Expect<PairingCode>()).Code;

    private static async Task<Guid> Granted(ServerProcess server, TestDevice device)
    {
        var checkout = await server.Till.Charge(device.ReaderId);
        Assert.True(await device.AskStart(checkout));
        return checkout;
    }

    private static async Task<string> Pair(ServerProcess server, string code)
    {
        using var answer = await server.Till.Post("readers", new { pairing_code = code, name = "Lane" });
        return answer.StatusCode is HttpStatusCode.Created ? "201" : await answer.Refusal();
    }

    private static async Task<string?> StatusOf(ServerProcess server, string readerId)
    {
        using var answer = await server.Till.Get($"readers/{readerId}");
        return (await answer.Json()).GetProperty("status").GetString();
    }

    /// <summary>The saved state of a device; while it is held no node can write it.</summary>
    private sealed class HeldRow(NpgsqlConnection connection) : IAsyncDisposable
    {
        public static async Task<HeldRow> Of(string postgres, string serial)
        {
            var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ToString());
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                $"BEGIN; SELECT 1 FROM grain_state WHERE id_text = '{serial}' FOR UPDATE", connection);
            Assert.NotNull(await command.ExecuteScalarAsync());
            return new(connection);
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
