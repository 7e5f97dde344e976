using System.Diagnostics;
using System.Text.Json;
using Fleet.Protocol;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>Virtual readers as a process of their own, at a node that asks devices for certificates.</summary>
public sealed class DeviceCertificateTests
{
    private static readonly string Simulator =
        ServerProcess.Beside.Replace("Fleet.Server", "Fleet.Simulator", StringComparison.Ordinal);

    [Fact]
    public async Task A_virtual_reader_with_a_certificate_pays_where_devices_must_show_one()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-torture-").FullName;
        using Authority nodes = new("Nodes"), devices = new("Devices");
        await using var node = await Started(folder, nodes, devices);
        using var certificate = devices.Issue("device");
        var (pem, key) = Authority.Write(folder, certificate, "device");
        await File.AppendAllTextAsync(
            pem, $"\n{await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken)}",
            TestContext.Current.CancellationToken);

        using var without = Dial(node, folder, []);
        var said = Said(folder, 0); // the shell makes the file, some time after it was started
        await Eventually.Equal(true, () => Task.FromResult(
            File.Exists(said) && File.ReadAllText(said).Contains("403", StringComparison.Ordinal)));
        Assert.Empty(await Readers(node));
        without.Kill();
        using var with = Dial(node, folder, ["--certificate", pem]);
        await Eventually.Equal("paired", async () =>
            await Readers(node) is [var one] ? one.GetProperty("status").GetString() : "");
        var readerId = (await Readers(node))[0].GetProperty("id").GetString() ?? "";
        var checkout = await node.Till.Charge(readerId);
        await Eventually.Equal("successful", () => node.Till.Outcome(readerId, checkout));
        with.Kill();
        await node.Kill();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<ServerProcess> Started(string folder, Authority nodes, Authority devices)
    {
        using var certificate = nodes.Issue("node");
        var (pem, key) = Authority.Write(folder, certificate, "node");
        var node = new ServerProcess("node", folder, $"--data={folder}/data", $"--Fleet:Certificate={pem}",
            $"--Fleet:CertificateKey={key}",
            $"--Fleet:DeviceAuthority={devices.WriteRoot(Directory.CreateDirectory($"{folder}/devices").FullName)}");
        node.More = [$"--urls={node.Address};https://127.0.0.1:{Ports.Next()}"];
        nodes.WriteRoot(folder);
        await node.Start();
        return node;
    }

    /// <summary>Starts a virtual reader that trusts the node, and pairs itself.</summary>
    private static Process Dial(ServerProcess node, string folder, string[] more)
    {
        var https = node.More[0].Split(';')[1];
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c", """out=$1; shift; exec "$@" >"$out" 2>&1""", "sh", Said(folder, more.Length), "dotnet", Simulator,
                "readers", "--server", $"{https.Replace("https:", "wss:", StringComparison.Ordinal)}{Link.Path}",
                "--scenario", "approve", "--pace", "0", "--pair", $"{node.Address}",
                "--merchant", ServerProcess.Merchant, "--key", ServerProcess.Key,
            },
        };
        foreach (var word in more) start.ArgumentList.Add(word);
        start.Environment["SSL_CERT_FILE"] = Path.Combine(folder, "ca.pem");
        return Process.Start(start) ?? throw new InvalidOperationException("sh did not start.");
    }

    private static string Said(string folder, int words) => Path.Combine(folder, $"reader-{words}.out");

    private static async Task<JsonElement[]> Readers(ServerProcess node)
    {
        using var list = await node.Till.Get("readers");
        return [.. (await list.Json()).GetProperty("items").EnumerateArray()];
    }
}
