using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Fleet.Torture.Processes;

namespace Fleet.Deploy.Tests;

/// <summary>deploy/Dockerfile, executed without Docker.</summary>
public sealed class ImageTests(ImageTests.Builds builds) : IClassFixture<ImageTests.Builds>
{
    /// <summary>On loopback, instead of an address of the container's own.</summary>
    private const string Address = "127.0.2.1";

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public void Two_builds_are_the_same_to_the_byte()
    {
        Assert.SkipUnless(builds.AreThere, Room.Needs);
        var (first, second) = (Hashes(builds.First), Hashes(builds.Second));

        Assert.Contains("Fleet.Server.dll", first.Keys);
        Assert.Contains("Fleet.Simulator.dll", first.Keys);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Its_bill_of_materials_names_each_package_and_this_version()
    {
        Assert.SkipUnless(builds.AreThere, Room.Needs);
        using var bill = JsonDocument.Parse(File.ReadAllText(Path.Combine(builds.First, "fleet.cdx.json")));
        using var locked = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(Repo.Root, "src/Fleet.Server/packages.lock.json")));
        var named = bill.RootElement.GetProperty("components").EnumerateArray()
            .Select(one => $"{one.GetProperty("name")} {one.GetProperty("version")}");
        var packages = locked.RootElement.GetProperty("dependencies").EnumerateObject().Single().Value
            .EnumerateObject().Where(one => one.Value.GetProperty("type").GetString() is not "Project")
            .Select(one => $"{one.Name} {one.Value.GetProperty("resolved")}");

        Assert.Equal("CycloneDX", bill.RootElement.GetProperty("bomFormat").GetString());
        Assert.Equal(Dockerfile.Ours.Version,
            bill.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString());
        Assert.Subset(named.ToHashSet(), packages.ToHashSet());
    }

    [Fact]
    public async Task It_takes_a_payment_as_a_user_without_rights_and_writes_to_its_data_only()
    {
        Assert.SkipUnless(builds.AreThere, Room.Needs);
        var (data, log) = (Path.Combine(builds.Folder, "data"), Path.Combine(builds.Folder, "log"));
        Directory.CreateDirectory(data);
        var before = Hashes(builds.First);

        using var node = Room.Run(builds.First, data, log, Variables());
        try
        {
            using var http = new HttpClient();
            await Eventually.Equal(true, () => IsReady(http, node, log));
            await using (var lane = await Lane.Opened(1, $"{Address}:8080", Cluster.Merchant, Cluster.Key))
            {
                var sale = await lane.SellOne();
                Assert.Equal("successful", sale.Outcome);
            }
            Assert.Equal(["ledger.db", "grains.db"],
                new[] { "ledger.db", "grains.db" }.Where(file => File.Exists(Path.Combine(data, file))));
            Assert.Equal($"{Dockerfile.AppUser}",
                (await Shell.Run("stat", "--format=%u", Path.Combine(data, "ledger.db"))).Trim());
            Assert.Contains("NoNewPrivs:\t1",
                await File.ReadAllTextAsync($"/proc/{node.Id}/status", CancellationToken.None));
            Assert.Matches(@"CapBnd:\t0+\n",
                await File.ReadAllTextAsync($"/proc/{node.Id}/status", CancellationToken.None));
            Signals.Terminate(node.Id);
            using var patience = new CancellationTokenSource(EndsWithin);
            await node.WaitForExitAsync(patience.Token);
            Assert.Equal(0, node.ExitCode);
        }
        finally
        {
            if (!node.HasExited) node.Kill();
        }
        Assert.Equal(before, Hashes(builds.First));
        // The web server logs that the addresses of its variable are overridden; they are the same.
        Assert.DoesNotMatch(@"(?m)^(warn|fail|crit): (?!Microsoft\.AspNetCore\.Server\.Kestrel\[0\])",
            await File.ReadAllTextAsync(log, CancellationToken.None));
    }

    [Fact]
    public void The_context_has_all_that_is_copied()
    {
        var kept = File.ReadLines(Path.Combine(Repo.Root, ".dockerignore")).Where(line => line.StartsWith('!'))
            .Select(line => line[1..]);
        var copied = Dockerfile.Ours.Steps.Where(step => step.Word is "COPY")
            .SelectMany(step => step.Text.Split(' ')[..^1]);

        Assert.All(copied, path => Assert.Contains(path.Split('/')[0], kept));
    }

    private static Dictionary<string, string> Variables()
    {
        var all = new Dictionary<string, string>(
            Dockerfile.Ours.Environment)
        { ["Fleet__SiloPort"] = $"{Ports.Next()}" };
        foreach (var (name, value) in Cluster.Example().Secrets["fleet-merchants"]) all[name] = value;
        foreach (var (name, value) in all)
            all[name] = value.Replace("//0.0.0.0:", $"//{Address}:", StringComparison.Ordinal);
        return all;
    }

    private static async Task<bool> IsReady(HttpClient http, Process node, string log)
    {
        if (node.HasExited) Assert.Fail(await File.ReadAllTextAsync(log)); // the file does not exist at once
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{Address}:9090/health/ready"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static SortedDictionary<string, string> Hashes(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(folder, file),
            file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);

    /// <summary>Builds the image twice at the same time, in separate folders.</summary>
    public sealed class Builds : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("fleet-image-").FullName;

        public string First => Path.Combine(Folder, "first");

        public string Second => Path.Combine(Folder, "second");

        public bool AreThere { get; private set; }

        public async ValueTask InitializeAsync()
        {
            if (!await Room.IsPossible()) return;
            await Task.WhenAll(new[] { First, Second }.Select(program =>
            {
                Directory.CreateDirectory(program);
                return Room.Build(program);
            }));
            AreThere = true;
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
