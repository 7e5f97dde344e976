namespace Fleet.Core.Tests;

/// <summary>The form of a spec: given a reader, when a rule is asked, then events, or a refusal, or nothing.</summary>
internal sealed record Spec(Reader Reader, Decision Decision)
{
    public static Spec Given(Reader reader) => new(reader, Decision.AlreadySo);

    /// <summary>Asks a rule. A second When finds the reader as the first one left it.</summary>
    public Spec When(Func<Reader, Decision> rule)
    {
        var reader = Reader.ApplyEvents(Reader, Decision.Events);
        return new(reader, rule(reader));
    }

    public void Then(params ReaderEvent[] events)
    {
        Assert.Null(Decision.Refusal);
        Same(events);
    }

    public void ThenNothing() => Then();

    /// <summary>Refused; what happened all the same (an expiry) is named too.</summary>
    public void ThenRefused(RefusalCode code, params ReaderEvent[] events)
    {
        Assert.Equal(code, Decision.Refusal?.Code);
        Same(events);
    }

    /// <summary>Records compare lists by reference, so claims are compared by themselves.</summary>
    private void Same(ReaderEvent[] events)
    {
        Assert.Equal(events.Select(one => one.Checkout.Claims), Decision.Events.Select(one => one.Checkout.Claims));
        Assert.Equal(events.Select(WithoutClaims), Decision.Events.Select(WithoutClaims));

        static ReaderEvent WithoutClaims(ReaderEvent one) =>
            one with { Checkout = one.Checkout with { Claims = null } };
    }

    /// <summary>Refused because this checkout holds the reader.</summary>
    public void ThenHeldBy(StartCheckout ask, CheckoutState state, DateTimeOffset? until)
    {
        ThenRefused(RefusalCode.ReaderBusy);
        Assert.Equal(new Holder(ask.CheckoutId, state, until), Decision.Refusal?.Holder);
    }
}
