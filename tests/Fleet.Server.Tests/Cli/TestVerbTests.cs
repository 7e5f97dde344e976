namespace Fleet.Server.Tests;

/// <summary>A person makes virtual readers and is their customer, from the command line.</summary>
public sealed class TestVerbTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private Shell Shell => new(fleet);

    [Fact]
    public async Task A_reader_is_made_and_a_payment_taken_on_it()
    {
        var reader = await Made();
        await fleet.Till.Charge(reader);
        Assert.Matches($"{reader} +Test +idle +[-0-9a-f]+ +successful\n",
            await Shell.Does($"test present {reader} --card visa --wait 10"));
        await fleet.Till.Charge(reader);
        await fleet.Till.Shows(reader, "card");
        Assert.Matches("cancelled +customer_cancelled\n", await Shell.Does($"test press {reader} cancel --wait 10"));
        Assert.Matches("idle", await Shell.Does($"test state {reader}"));
    }

    [Fact]
    public async Task A_script_is_a_file()
    {
        var (reader, file) = (await Made(), Path.Combine(fleet.Folder, $"{Guid.NewGuid():N}.json"));
        await File.WriteAllTextAsync(file, """{"steps": [{"do": "present", "card": "declined"}]}""",
            TestContext.Current.CancellationToken);
        var told = await Shell.Tells($"test script {reader} {file}");
        Assert.Equal(1, told[0].GetProperty("scene").GetProperty("scripted").GetInt32());
        await fleet.Till.Charge(reader);
        Assert.Matches("failed +declined\n", await Shell.Does($"test link {reader} --wait 10"));
    }

    [Fact]
    public async Task Readers_are_set_slowed_and_reset()
    {
        var reader = await Made();
        var told = await Shell.Tells($"test set {reader} --battery 7.5 --connection lte --updating yes");
        Assert.Equal((7.5, "updating"), (told[0].GetProperty("scene").GetProperty("battery").GetDouble(),
            told[0].GetProperty("scene").Text("screen")));
        told = await Shell.Tells($"test scenario {reader} mix --seed 7 --pace 0.5");
        Assert.Equal("mix", told[0].GetProperty("scene").Text("scenario"));
        told = await Shell.Tells($"test reset {reader}");
        Assert.Equal("manual", told[0].GetProperty("scene").Text("scenario"));
    }

    [Fact]
    public async Task Webhooks_go_wrong_until_that_is_ended()
    {
        var told = await Shell.Tells("test webhooks --fail-next 2 --delay 500 --twice --before-answer");
        Assert.Equal((2, 500),
            (told[0].GetProperty("fail_next").GetInt32(), told[0].GetProperty("delay_ms").GetInt32()));
        Assert.Equal("Nothing goes wrong any more.\n", await Shell.Does("test webhooks"));
    }

    [Theory]
    [InlineData("test present rdr_1 --pin maybe", "--pin must be one of right, wrong, none")]
    [InlineData("test choose-tip rdr_1", "--rate is missing.")]
    [InlineData("test scenario rdr_1 mix --pace 101", "--pace must be from 0 to 100")]
    [InlineData("test script rdr_1 /no/such/file", "file: ")]
    [InlineData("test power rdr_1 --off -1", "--off must be a whole number from 0 to 600000")]
    public async Task Wrong_usage_asks_nothing(string line, string told)
    {
        var ran = await Shell.Run(line);
        Assert.Equal(2, ran.Code);
        Assert.Contains(told, ran.Error, StringComparison.Ordinal);
    }

    private async Task<string> Made() =>
        (await Shell.Tells("test create"))[0].GetProperty("readers")[0].Text("reader_id");
}
