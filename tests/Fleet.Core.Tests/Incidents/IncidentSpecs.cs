using System.Collections.Immutable;
using Fleet.Core.Cloud;
using Fleet.Core.Incidents;

namespace Fleet.Core.Tests;

public sealed class IncidentSpecs
{
    private static readonly Incident Open = IncidentRules.Open(
        new(IncidentKind.ReaderFlapping, new() { MerchantCode = "M1", Store = "berlin", ReaderId = "rdr_1" }, "x",
            At(0)), At(5));

    [Fact]
    public void A_new_incident_is_open_and_has_its_times()
    {
        Assert.Equal((true, 1, At(5), At(0)), (Open.IsOpen, Open.Count, Open.OpenedAt, Open.LastSeenAt));
        Assert.Equal("M1/reader/rdr_1", Open.Subject.Key);
    }

    [Fact]
    public void An_incident_is_given_to_a_person_and_taken_back()
    {
        var (given, _) = IncidentRules.Assign(Open, "ann");
        var (again, _) = IncidentRules.Assign(given, "ann");
        var (free, _) = IncidentRules.Assign(given, null);

        Assert.Equal(("ann", 2), (given.Owner, given.Version));
        Assert.Same(given, again);
        Assert.Equal((null, 3), (free.Owner, free.Version));
    }

    [Fact]
    public void A_resolved_incident_is_not_resolved_in_another_way()
    {
        var (resolved, _) = IncidentRules.Resolve(Open, "cable", "ann", At(9));

        Assert.Equal((false, "cable", "ann", At(9)),
            (resolved.IsOpen, resolved.Resolution, resolved.ResolvedBy, resolved.ResolvedAt));
        Assert.Same(resolved, IncidentRules.Resolve(resolved, "cable", "ann", At(10)).Next);
        Assert.Equal(RefusalCode.IncidentResolved,
            IncidentRules.Resolve(resolved, "other", "ann", At(10)).Refusal?.Code);
        Assert.Equal(RefusalCode.IncidentResolved, IncidentRules.Assign(resolved, "ben").Refusal?.Code);
    }

    [Fact]
    public void An_incident_takes_notes_until_there_are_enough()
    {
        var full = Enumerable.Range(0, IncidentRules.MaxNotes).Aggregate(
            Open, (incident, i) => IncidentRules.AddNote(incident, new(At(i), "ann", $"{i}")).Next);

        Assert.Equal(IncidentRules.MaxNotes, full.Notes.Count);
        Assert.Equal(RefusalCode.Invalid,
            IncidentRules.AddNote(full, new(At(1), "ann", "more")).Refusal?.Code);
    }

    [Fact]
    public void A_payment_is_unknown_for_long_after_ten_minutes()
    {
        Assert.Null(Occurrence.FromUnknown(CoffeeStarted, At(599)));
        Assert.Null(Occurrence.FromUnknown(CoffeePaid, At(900)));
        var seen = Occurrence.FromUnknown(CoffeeStarted, At(600));

        Assert.Equal((IncidentKind.UnknownOutcome, CoffeeStarted.Id), (seen?.Kind, seen?.Subject.CheckoutId));
        Assert.Equal(CoffeeStarted.AcceptedAt, seen?.Since);
        Assert.Contains("did not answer", Occurrence.FromUnknown(CloudExamples.CoffeeDoubted, At(600))?.Detail);
    }

    [Fact]
    public void A_refund_is_unknown_for_long_after_ten_minutes()
    {
        var asked = CoffeePaid with { PendingRefund = new(Guid.NewGuid(), 500, 0, At(100), Doubt: Doubt.NoAnswer) };

        Assert.Null(Occurrence.FromRefund(CoffeePaid, At(5000)));
        Assert.Null(Occurrence.FromRefund(asked, At(699)));
        Assert.Equal(IncidentKind.RefundUnknown, Occurrence.FromRefund(asked, At(700))?.Kind);
    }

    [Fact]
    public void A_dispute_is_an_occurrence_and_other_events_are_none()
    {
        var seen = Occurrence.FromEvent(CoffeeDeclined.IsDisputed(Charged(1500), at: 50));

        Assert.Equal((IncidentKind.DisputedResult, At(50)), (seen?.Kind, seen?.At));
        Assert.Equal("The record is failed, and it is claimed that the card was charged.", seen?.Detail);
        Assert.Null(Occurrence.FromEvent(CoffeeStarted.Succeeds(at: 50)));
    }

    [Fact]
    public void An_unknown_payment_is_over_when_it_has_its_outcome()
    {
        Assert.False(IncidentRules.IsOver(IncidentKind.UnknownOutcome, CoffeeStarted));
        Assert.True(IncidentRules.IsOver(IncidentKind.UnknownOutcome, CoffeePaid));
        Assert.True(IncidentRules.IsOver(IncidentKind.RefundUnknown, CoffeePaid));
        Assert.False(IncidentRules.IsOver(IncidentKind.DisputedResult, CoffeePaid));
        Assert.False(IncidentRules.IsOver(IncidentKind.UnknownOutcome, null));
    }

    [Fact]
    public void Six_connections_in_ten_minutes_are_too_many()
    {
        ImmutableArray<DateTimeOffset> connections = [];
        bool tooOften;
        foreach (var i in Enumerable.Range(0, 5))
        {
            (connections, tooOften) = FlappingRules.NoteConnection(connections, At(i * 100));
            Assert.False(tooOften);
        }

        Assert.True(FlappingRules.NoteConnection(connections, At(599)).TooOften);
        Assert.False(FlappingRules.NoteConnection(connections, At(600)).TooOften); // the first counts no more
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("M1", null, true)]
    [InlineData("M1", "berlin", true)]
    [InlineData("M1", "munich", false)]
    [InlineData("M2", null, false)]
    public void A_key_reaches_the_incidents_of_its_own_only(string? merchant, string? store, bool reaches) =>
        Assert.Equal(reaches, Open.Subject.IsWithin(merchant, store));
}
