using System.Collections.Immutable;

namespace Fleet.Core.Tests;

public sealed class EvolveSpecs
{
    [Fact]
    public void Every_stored_event_moves_the_version_by_one()
    {
        ImmutableArray<ReaderEvent> life =
            [Accepts(Coffee, at: 0), CoffeeAccepted.Starts(at: 5), CoffeeStarted.Succeeds(at: 20)];

        for (var stored = 0; stored <= life.Length; stored++)
            Assert.Equal(stored, Reader.ApplyEvents(Ready, life[..stored]).Version);
    }

    [Fact]
    public void A_reader_without_new_events_stays_the_same() =>
        Assert.Same(Busy, Reader.ApplyEvents(Busy, []));

    [Fact]
    public void An_accepted_checkout_becomes_the_latest_of_its_reader() =>
        Assert.Equal(Coffee.CheckoutId, Reader.ApplyEvents(Ready, [Accepts(Coffee, at: 0)]).Latest?.Id);

    [Fact]
    public void A_newer_acceptance_replaces_the_latest_checkout() =>
        Assert.Equal(Cake.CheckoutId, Reader.ApplyEvents(Ready.With(CoffeePaid), [Accepts(Cake, at: 30)]).Latest?.Id);

    [Fact]
    public void An_event_of_the_latest_checkout_updates_it() =>
        Assert.Equal(CoffeeStarted, Reader.ApplyEvents(Busy, [CoffeeAccepted.Starts(at: 5)]).Latest);

    [Fact]
    public void A_dispute_of_an_older_checkout_spares_the_latest()
    {
        var selling = Reader.ApplyEvents(Ready.With(CoffeePaid), [Accepts(Cake, at: 30)]);

        var after = Reader.ApplyEvents(selling, [CoffeePaid.IsDisputed(Declined, at: 40)]);

        Assert.Equal(selling with { Version = selling.Version + 1 }, after);
    }

    [Fact]
    public void One_decision_can_end_one_checkout_and_open_another()
    {
        var after = Reader.ApplyEvents(Busy, [CoffeeAccepted.Cancels(Reason.Expired, at: 60), Accepts(Cake, at: 60)]);

        Assert.Equal((Cake.CheckoutId, Busy.Version + 2), (after.Open?.Id, after.Version));
    }

    [Fact]
    public void Only_an_accepted_or_started_checkout_holds_the_slot()
    {
        Assert.Null(Ready.Open);
        Assert.All([Busy, Paying, Stopping], reader => Assert.Same(reader.Latest, reader.Open));
        Assert.All(Finals, final => Assert.Null(Ready.With(final).Open));
    }
}
