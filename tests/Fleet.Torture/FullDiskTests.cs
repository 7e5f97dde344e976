using System.Text.Json;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>
/// A reader of the sandbox whose journal meets a full disk is off and says so, charges nothing that it cannot write
/// down, and is on again when there is room.
/// </summary>
public sealed class FullDiskTests
{
    private const string Reader = "VIRTUAL-SOLO-01";

    [Fact]
    public async Task A_sandbox_reader_recovers_from_a_full_disk_and_charges_nothing_twice()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var journals = Directory.CreateDirectory(Path.Combine(folder, "data", "readers")).FullName;
        await using (var node = new ServerProcess("node", folder, $"--data={folder}/data", "--sandbox=true")
        {
            Through =
            [
                "unshare", "--mount", "sh", "-c", """mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@" """, journals,
            ],
        })
        {
            await node.Start();
            await node.Shows("Ctrl-C ");
            var seen = $"/proc/{node.ProcessId}/root{journals}"; // the mount is seen by the node only
            var till = new Till(node.Address, "MC0X0ABC", "sup_sk_sandbox");
            var reader = Journal(seen).GetProperty("reader_id").GetString() ?? "";

            FillUp(Path.Combine(seen, "filler"));
            var lost = await Start(till, reader);
            await node.Shows($"The virtual reader {Reader} is off until its journal can be written: ");
            File.Delete(Path.Combine(seen, "filler"));
            await node.Shows($"The virtual reader {Reader} is on again");
            Assert.Equal("failed", await Outcome(till, reader, lost));
            var paid = await Start(till, reader);
            Assert.Equal("successful", await Outcome(till, reader, paid));

            var charged = Journal(seen).GetProperty("charges").EnumerateArray()
                .Select(charge => charge.GetProperty("checkout_id").GetString()).ToArray();
            Assert.Equal([paid], charged[1..]); // behind the first payment of the sandbox
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_folder_of_journals_that_cannot_be_written_is_said_and_used_when_it_can_be()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        var journals = Directory.CreateDirectory(Path.Combine(folder, "data", "readers"));
        await using (var node = new ServerProcess("node", folder, $"--data={folder}/data", "--sandbox=true")
        {
            Through = // without the right of root to write everywhere
            [
                "sh", "-c",
                """chmod 0555 "$0" && exec setpriv --bounding-set=-dac_override,-dac_read_search "$@" """,
                journals.FullName,
            ],
        })
        {
            await node.Start();
            await node.Shows($"The virtual reader {Reader} is off until its journal can be written: ");
            if (!OperatingSystem.IsWindows()) journals.UnixFileMode |= UnixFileMode.UserWrite;
            var shown = await node.Shows("Ctrl-C ");
            Assert.Contains("First payment  12.50 EUR on Store 1 lane 1: successful", shown, StringComparison.Ordinal);
        }
        Directory.Delete(folder, recursive: true);
    }

    private static JsonElement Journal(string folder) =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, $"{Reader}.json")));

    /// <summary>Writes until there is no room for another byte.</summary>
    private static void FillUp(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var size = 4096; size > 0; size /= 2)
        {
            try
            {
                while (true) stream.Write(new byte[size]);
            }
            catch (IOException)
            {
                // less may still fit
            }
        }
    }

    private static async Task<string> Start(Till till, string reader)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            using var answer = await till.Post($"readers/{reader}/checkout",
                new { total_amount = new { currency = "EUR", minor_unit = 2, value = 1500 } });
            var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(patience.Token));
            if (answer.IsSuccessStatusCode)
                return body.GetProperty("data").GetProperty("checkout_id").GetString() ?? "";
            await look.WaitForNextTickAsync(patience.Token); // it is closed for a moment, or not connected yet
        }
    }

    private static async Task<string?> Outcome(Till till, string reader, string checkout)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            using var answer = await till.Get($"readers/{reader}/checkout/{checkout}?wait=10");
            var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(patience.Token));
            if (body.GetProperty("data").GetProperty("status").GetString() is not "pending" and var status)
                return status;
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
