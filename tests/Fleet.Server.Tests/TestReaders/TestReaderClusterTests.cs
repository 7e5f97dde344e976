namespace Fleet.Server.Tests;

/// <summary>Two nodes: a test reader runs on one, and a test moves it through the other.</summary>
[Trait(TestPostgres.Storage, TestPostgres.OfItsOwn)]
public sealed class TestReaderClusterTests
{
    [Fact]
    public async Task A_test_reader_is_moved_from_either_node()
    {
        await using var first = await FleetApp.StartCluster();
        await using var second = await first.StartAnother();
        foreach (var (near, far) in new[] { (first, second), (second, first) })
        {
            var reader = await near.Till.MakeReader();
            await far.Till.Charge(reader);
            await far.Till.Shows(reader, "card");
            var end = await far.Till.Act(reader, "present", new { card = "visa", wait_seconds = 10 });
            Assert.Equal("SUCCESSFUL", end.Ended());
        }
    }
}
