using Fleet.Simulator;
using Fleet.Torture.Checking;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>The certificates of silos, and their authority, are replaced while tills sell.</summary>
public sealed class CertificateTests(Databases databases)
{
    private const int Readers = 12, TillsAtWork = 6;

    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Certificates_and_their_authority_are_exchanged_under_load_without_a_failed_sale()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-silo-").FullName;
        using Authority before = new("Before"), after = new("After");
        Give(folder, before);
        var cluster = await Cluster.Started(databases, settings:
        [
            $"--Fleet:SiloCertificate={folder}/silo.pem", $"--Fleet:SiloCertificateKey={folder}/silo.key",
            $"--Fleet:SiloAuthority={before.WriteRoot(folder)}",
        ]);
        var late = cluster.Nodes[^1];
        await using var trial = await Trial.Opened(cluster, Readers, Scenario.Approve);
        cluster.Drain(late); // it connects anew later
        Assert.Equal(0, await late.Ended());
        await trial.Shop.AllWelcome();

        using var day = new CancellationTokenSource();
        var work = trial.Tills.Work(TillsAtWork, day.Token);
        await Trial.Pass(Phase);
        before.WriteRoot(folder, after);
        await Trial.Pass(Phase);
        Give(folder, after);
        await Trial.Pass(Phase);
        after.WriteRoot(folder);
        await late.Start();
        await Eventually.Equal(cluster.Nodes.Count, () => Task.FromResult(cluster.Front.Ready.Count));
        for (var phase = 0; phase < 2; phase++) await Trial.Pass(Phase);
        await day.CancelAsync();
        await work;

        Assert.Empty(trial.Caller.Calls.Where(call => call.IsUnknown).Select(call => $"{call.Kind} {call.Status}"));
        var history = await trial.Judge(new()
        {
            Accepted = Readers, Charges = Readers, Readers = Readers,
            Faults = new Dictionary<FaultKind, int> { [FaultKind.NodeDrained] = 1 },
        });
        Assert.Contains(history.Calls, call => call.Node == late.Address.Authority && call.Outcome is "successful");
        cluster.Discard();
        Directory.Delete(folder, recursive: true);
    }

    private static void Give(string folder, Authority authority)
    {
        using var issued = authority.Issue("silo", dnsName: "fleet-silo");
        Authority.Write(folder, issued, "silo");
    }
}
