using Fleet.Simulator;
using Fleet.Torture.Load;
using Fleet.Torture.Processes;

namespace Fleet.Torture;

/// <summary>Two tills want the same reader in the same moment, each through a node of its own.</summary>
public sealed class TwoTillsTests(Databases databases)
{
    private const int Readers = 25;

    [Fact]
    public async Task Of_two_tills_at_one_reader_always_exactly_one_gets_it()
    {
        await using var trial = await Trial.Opened(await Cluster.Started(databases), Readers, Scenario.NeverStarts);
        var races = Size.Now.Races / Readers;
        var winners = await Task.WhenAll(trial.Shop.Readers.Select((reader, i) => Race(trial, reader, races, new(i))));

        Console.WriteLine($"two tills: {races * Readers} tries, always one 201; {winners.Sum()} times the first till");
        await trial.Judge(new() { Accepted = races * Readers, Busy = races * Readers, Readers = Readers });
        trial.Cluster.Discard();
    }

    /// <summary>Races for one reader, one after the other; returns how often the first till won.</summary>
    private static async Task<int> Race(Trial trial, string reader, int races, Random dice)
    {
        var won = 0;
        for (var race = 0; race < races; race++)
        {
            var nodes = trial.Cluster.Nodes.Select(node => node.Address).ToArray();
            dice.Shuffle(nodes);
            var name = $"{reader}-{race}";
            Sale[] sales = [new($"{name}-a", reader, Key(name, "a"), "EUR", 1_000),
                new($"{name}-b", reader, Key(name, "b"), "EUR", 2_000)];
            var calls = await Task.WhenAll(
                trial.Caller.Start(nodes[0], sales[0]), trial.Caller.Start(nodes[1], sales[1]));

            var winner = Assert.Single(calls, call => call.Status is 201);
            var loser = Assert.Single(calls, call => call.Status is not 201);
            Assert.Equal((422, "READER_BUSY", winner.Checkout), (loser.Status, loser.Refusal, loser.Checkout));
            var sale = winner == calls[0] ? sales[0] : sales[1];
            won += winner == calls[0] ? 1 : 0;
            Assert.Equal(202, (await trial.Caller.End(nodes[2], sale, winner.Checkout ?? default)).Status);
        }
        return won;

        // Half of the races are between tills that give keys, half between tills that do not.
        string? Key(string name, string till) => dice.Next(2) == 0 ? $"{name}-{till}" : null;
    }
}
