namespace Fleet.Browser.Tests;

/// <summary>Races, a network that is lost and regained, and a tab that is closed at a bad moment.</summary>
public sealed class NetworkTests(Sandbox sandbox)
{
    private const int Races = 6;

    [Fact]
    public async Task Terminate_and_a_tap_at_the_same_moment_have_one_truth()
    {
        await using var window = await sandbox.OpenWindow();
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        await solo.OpenPanel("faults");
        var ends = new List<string>();
        for (var race = 0; race < Races; race++)
        {
            var checkout = await sandbox.Till.Start(reader, 1000 + race);
            await solo.Shows("card");
            await Run(race, () => solo.Press("present-tap"), () => sandbox.Till.Terminate(reader));
            var end = await solo.End();
            var outcome = await sandbox.Till.Outcome(reader, checkout);

            Assert.Contains((end, outcome.Split('/')[0]),
                new[] { ("Approved", "successful"), ("Cancelled at the till", "cancelled") });
            await solo.Press("reset"); // a card that came too late would wait for the next checkout
            ends.Add(end);
        }
        Assert.Contains("Approved", ends);
    }

    [Fact]
    public async Task A_payment_goes_on_while_the_network_is_lost()
    {
        await using var network = new Network(sandbox.Address);
        await using var window = await sandbox.OpenWindow(network);
        var solo = (await window.OpenPage()).Reader();
        var reader = await solo.Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250);
        await solo.Shows("card");
        network.Cut();
        await solo.Present("mastercard");
        Assert.Equal("Approved", await solo.End());
        network.Mend();

        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
        await solo.IsOnline();
    }

    [Fact]
    public async Task A_tab_that_is_closed_between_charge_and_result_tells_it_when_it_is_opened_again()
    {
        await using var network = new Network(sandbox.Address);
        await using var window = await sandbox.OpenWindow(network);
        var tab = await window.OpenPage();
        var reader = await tab.Reader().Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250);
        await tab.Reader().Shows("card");
        network.Cut();
        await tab.Reader().Present("visa");
        Assert.Equal("Approved", await tab.Reader().End());
        await tab.ClosePage();
        network.Mend();

        var again = await window.OpenPage();
        Assert.Equal("successful", await sandbox.Till.Outcome(reader, checkout));
        Assert.Equal(1, await CountCharges(again));
    }

    [Fact]
    public async Task A_tab_that_is_closed_before_the_card_charges_nothing()
    {
        await using var window = await sandbox.OpenWindow();
        var tab = await window.OpenPage();
        var reader = await tab.Reader().Pair(sandbox.Till);
        var checkout = await sandbox.Till.Start(reader, 1250);
        await tab.Reader().Shows("card");
        await tab.ClosePage();
        var again = await window.OpenPage();

        Assert.Equal("failed/reader_lost", await sandbox.Till.Outcome(reader, checkout));
        Assert.Equal(0, await CountCharges(again));
    }

    /// <summary>Does both at the same moment, or one directly after the other.</summary>
    private static async Task Run(int race, Func<Task> tap, Func<Task> terminate)
    {
        if (race % 3 == 0) await Task.WhenAll(terminate(), tap());
        else
        {
            await (race % 3 == 1 ? tap() : terminate());
            await (race % 3 == 1 ? terminate() : tap());
        }
    }

    /// <summary>The charges in the journal of the only reader of this storage.</summary>
    private static Task<int> CountCharges(SoloPage tab) => tab.Page.EvaluateAsync<int>("""
        async () => {
          const ask = request => new Promise((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          const [{ name }] = await indexedDB.databases();
          const shelf = await ask(indexedDB.open(name));
          const [journal] = await ask(shelf.transaction('journals').objectStore('journals').getAll());
          shelf.close();
          return journal.charges.length;
        }
        """);
}
