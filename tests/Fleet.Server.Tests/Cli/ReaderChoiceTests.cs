namespace Fleet.Server.Tests;

/// <summary>A checkout on any reader, whose store nobody named.</summary>
public sealed class ReaderChoiceTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Start = "checkout start 15.00 EUR --any";

    private Shell Shell => new(fleet);

    [Fact]
    public async Task Any_reader_means_the_only_store_that_has_readers_and_of_several_one_is_chosen()
    {
        var none = await Shell.Run(Start);
        await Shell.Does("stores create berlin");
        await using var berlin = await Lane("berlin");
        var one = await Shell.Run(Start);
        await berlin.Pay();
        await Shell.Does("stores create hamburg");
        await using var hamburg = await Lane("hamburg");
        var several = await Shell.Run(Start);
        var asked = await Shell.Person().Run(Start, "2\n");
        await hamburg.Pay();
        var nothing = await Shell.Person().Run(Start, "\n");

        Assert.Equal((1, "No reader fits.\n'fleet readers list' shows the state of each.\n"), (none.Code, none.Error));
        Assert.Contains($" on {berlin.ReaderId}", one.Out, StringComparison.Ordinal);
        Assert.Equal((2, "Several stores have readers: berlin, hamburg.\nName one of them with --store.\n"),
            (several.Code, several.Error));
        Assert.Contains("1  berlin\n2  hamburg\nIn which store?", asked.Error, StringComparison.Ordinal);
        Assert.Contains($" on {hamburg.ReaderId}", asked.Out, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was started.\n", nothing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_reader_when_none_is_ready_is_answered_at_once()
    {
        await using var own = await FleetApp.Start();
        var device = await own.PairedDevice();
        await device.DisposeAsync();
        var shell = new Shell(own);
        await Eventually.Equal("No reader is ready.\n'fleet readers list' shows the state of each.\n",
            async () => (await shell.Run(Start)).Error);
    }

    private async Task<TestDevice> Lane(string store)
    {
        var device = await fleet.PairedDevice();
        await Shell.Does($"readers move {device.ReaderId} --store {store}");
        await Eventually.Equal(true, async () =>
            (await Shell.Does($"readers list --store {store} --presence free"))
                .Contains(device.ReaderId, StringComparison.Ordinal));
        return device;
    }
}
