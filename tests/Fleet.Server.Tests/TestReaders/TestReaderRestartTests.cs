using System.Net;

namespace Fleet.Server.Tests;

/// <summary>Test readers and their journals outlive the node that made them.</summary>
public sealed class TestReaderRestartTests
{
    [Fact]
    public async Task A_test_reader_comes_back_with_its_node_and_goes_when_it_is_unpaired()
    {
        await using var before = await FleetApp.Start();
        var (kept, gone) = (await before.Till.MakeReader(), await before.Till.MakeReader());
        using var answer = await before.Till.Delete($"readers/{gone}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Eventually.Equal(1, () => Task.FromResult(Journals(before)));
        await before.Stop();

        await using var after = await FleetApp.Start(before.Folder);
        await after.Till.Becomes(kept, "ONLINE");
        await after.Till.Charge(kept);
        Assert.Equal("SUCCESSFUL", (await after.Till.Act(kept, "present", new { wait_seconds = 10 })).Ended());
        Assert.Equal(1, Journals(after));
    }

    private static int Journals(FleetApp fleet) =>
        Directory.GetFiles(Path.Combine(fleet.Folder, "test-readers"), "*.json").Length;
}
