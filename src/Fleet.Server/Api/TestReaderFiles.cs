using System.Text.Json;
using Fleet.Simulator;

namespace Fleet.Server.Api;

/// <summary>How the customers of a test reader behave.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Seed">Decides every random choice.</param>
/// <param name="Pace">Multiplies the time that people take.</param>
internal sealed record TestReaderPlan(Scenario Scenario, int Seed, double Pace);

/// <summary>What a node keeps of its test readers: a plan and a journal of each, by serial number.</summary>
internal sealed class TestReaderFiles(string data)
{
    /// <summary>The folder of the journals.</summary>
    public string Journals { get; } = Path.Combine(data, "test-readers");

    private string Plans => Path.Combine(Journals, "plans");

    /// <summary>The serial numbers of all.</summary>
    public IEnumerable<string> ListSerials() => Directory.Exists(Plans)
        ? Directory.EnumerateFiles(Plans).Select(file => Path.GetFileName(file))
        : [];

    public async Task SavePlan(string serial, TestReaderPlan plan)
    {
        Directory.CreateDirectory(Plans);
        await File.WriteAllBytesAsync(
            PlanOf(serial), JsonSerializer.SerializeToUtf8Bytes(plan), CancellationToken.None);
    }

    /// <summary>The plan of a reader that was paired; null for one that never was.</summary>
    public TestReaderPlan? ReadPlan(string serial) => Journal.Open(Journals, serial).ReaderId is null
        ? null
        : JsonSerializer.Deserialize<TestReaderPlan>(File.ReadAllBytes(PlanOf(serial)));

    /// <summary>Deletes all that is kept of a reader.</summary>
    public void Forget(string serial)
    {
        File.Delete(PlanOf(serial));
        File.Delete(Path.Combine(Journals, serial + ".json"));
    }

    private string PlanOf(string serial) => Path.Combine(Plans, serial);
}
