namespace Fleet.Core.Tests;

/// <summary>What only a newer version has a word for is told as that, and never as something else.</summary>
public sealed class NewerWordSpecs
{
    private static readonly Reason OfTomorrow = SnakeCase.ReadMember<Reason>("of_tomorrow");

    [Fact]
    public void Words_and_numbers_of_a_newer_version_are_unrecognized()
    {
        Assert.Equal(Reason.Declined, SnakeCase.ReadMember<Reason>("declined"));
        Assert.True(Reason.Declined.IsRecognized());
        Assert.All([OfTomorrow, Enum.GetValues<Reason>().Max() + 1], reason =>
        {
            Assert.False(reason.IsRecognized());
            Assert.Equal("unrecognized", reason.ToWireName());
        });
    }

    [Fact]
    public void A_reason_of_a_newer_version_may_hide_a_charge()
    {
        var ended = CoffeeStarted.Cancels(OfTomorrow, at: 20).Checkout;
        Assert.True(ended.IsDoubtful);
        Assert.False(OfTomorrow.IsRetryable());
        Assert.Contains("it is not certain", ended.ToAdvice(), StringComparison.Ordinal);
        Assert.False(CoffeeStarted.Cancels(null, at: 20).Checkout.IsDoubtful);
    }

    [Fact]
    public void A_newer_kind_of_event_is_told_without_its_meaning()
    {
        var kind = SnakeCase.ReadMember<EventKind>("of_tomorrow");
        Assert.Equal(Actor.Fleet, Actors.DetermineActor(kind, null, started: true, recorded: false));
        Assert.Contains("newer version", EventWords.Describe(kind.ToWireName()), StringComparison.Ordinal);
    }
}
