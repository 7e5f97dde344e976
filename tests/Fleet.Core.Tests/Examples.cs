using System.Collections.Immutable;

namespace Fleet.Core.Tests;

/// <summary>
/// The examples all specs share: one reader, a coffee without and a cake with a tip screen, and the coffee at every
/// point of its life. Times are seconds after noon, when the coffee was accepted.
/// </summary>
internal static class Examples
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public static readonly StartCheckout Coffee = new(
        new("c0ffee00-0000-4000-8000-000000000001"),
        new("c0ffee00-0000-4000-8000-000000000002"),
        new() { Amount = new("EUR", 2, 350) });

    public static readonly StartCheckout Cake = new(
        new("cace0000-0000-4000-8000-000000000001"),
        new("cace0000-0000-4000-8000-000000000002"),
        new() { Amount = new("EUR", 2, 800), TipRates = [0.05m, 0.10m] });

    public static readonly Reader Ready = new()
    {
        Id = "rdr_3MSAFM23CK82VSTT4BN6RWSQ65",
        MerchantCode = "MC0X0ABC",
        Device = new("VIRTUAL-SOLO-01", Device.VirtualSolo, "3.3.40.3"),
        Online = true,
    };

    public static readonly Checkout CoffeeAccepted = AcceptedOf(Coffee, Noon);

    public static readonly Checkout CoffeeStarted =
        CoffeeAccepted with { State = CheckoutState.Started, UpdatedAt = At(5) };

    public static readonly Checkout CoffeeStopping =
        CoffeeStarted with { TerminateRequested = true, EndAskedAt = At(10), UpdatedAt = At(10) };

    public static readonly Checkout CoffeePaid =
        CoffeeStarted with { State = CheckoutState.Successful, EndedAt = At(20), UpdatedAt = At(20) };

    public static readonly Checkout CoffeeDeclined =
        CoffeeStarted with
        {
            State = CheckoutState.Failed,
            Reason = Reason.Declined,
            EndedAt = At(20),
            UpdatedAt = At(20),
        };

    public static readonly Checkout CoffeeCancelled =
        CoffeeAccepted with
        {
            State = CheckoutState.Cancelled,
            Reason = Reason.Terminated,
            EndedAt = At(20),
            UpdatedAt = At(20),
        };

    public static readonly Checkout CoffeeExpired =
        CoffeeAccepted with
        {
            State = CheckoutState.Cancelled,
            Reason = Reason.Expired,
            EndedAt = At(60),
            UpdatedAt = At(60),
        };

    public static readonly Reader Busy = Ready.With(CoffeeAccepted);

    public static readonly Reader Paying = Ready.With(CoffeeStarted);

    public static readonly Reader Stopping = Ready.With(CoffeeStopping);

    /// <summary>Every way the coffee can have ended.</summary>
    public static readonly ImmutableArray<Checkout> Finals =
        [CoffeePaid, CoffeeDeclined, CoffeeCancelled, CoffeeExpired];

    public static readonly DeviceReport Declined = new(CheckoutState.Failed, Reason.Declined);

    public static readonly DeviceReport CustomerCancelled = new(CheckoutState.Cancelled, Reason.CustomerCancelled);

    public static DateTimeOffset At(double seconds) => Noon.AddSeconds(seconds);

    public static DeviceReport Charged(long amount, long tip = 0) => new(CheckoutState.Successful, null, amount, tip);

    public static Reader With(this Reader reader, Checkout latest) => reader with { Latest = latest, Version = 7 };

    public static Reader Offline(this Reader reader) => reader with { Online = false };

    // The questions, as a spec asks them.

    public static Func<Reader, Decision> Starts(StartCheckout ask, double at) =>
        reader => ReaderRules.StartCheckout(reader, ask, At(at));

    public static Func<Reader, Decision> StartsStrictly(StartCheckout ask, double at) =>
        reader => ReaderRules.StartCheckout(reader, ask with { StrictSixtySeconds = true }, At(at));

    public static Func<Reader, Decision> DeviceAsksFor(StartCheckout ask, double at) =>
        reader => ReaderRules.GrantStart(reader, ask.CheckoutId, At(at));

    public static Func<Reader, Decision> Terminates(double at, StartCheckout? expected = null) =>
        reader => ReaderRules.TerminateCheckout(reader, expected?.CheckoutId, At(at));

    public static Func<Reader, Decision> Unpairs(double at) => reader => ReaderRules.EndPairing(reader, At(at));

    public static Func<Reader, Decision> Reports(Checkout? named, DeviceReport report, double at) =>
        reader => ReaderRules.TakeReport(reader, named, report, At(at));

    public static Func<Reader, Decision> TimePasses(double until) => reader =>
        ReaderRules.ExpireCheckout(reader, At(until));

    // The answers, as a spec expects them.

    public static ReaderEvent Accepts(StartCheckout ask, double at) =>
        new(EventKind.Accepted, AcceptedOf(ask, At(at)));

    public static ReaderEvent Starts(this Checkout checkout, double at) =>
        new(EventKind.Started, checkout with { State = CheckoutState.Started, UpdatedAt = At(at) });

    public static ReaderEvent IsToStop(this Checkout checkout, double at) =>
        new(EventKind.TerminateRequested,
            checkout with { TerminateRequested = true, EndAskedAt = At(at), UpdatedAt = At(at) });

    public static ReaderEvent Succeeds(this Checkout checkout, double at, long tip = 0) =>
        new(EventKind.Succeeded, checkout.EndedAs(CheckoutState.Successful, null, at) with { Tip = tip });

    public static ReaderEvent Fails(this Checkout checkout, Reason? why, double at) =>
        new(EventKind.Failed, checkout.EndedAs(CheckoutState.Failed, why, at));

    public static ReaderEvent Cancels(this Checkout checkout, Reason? why, double at) =>
        new(EventKind.Cancelled, checkout.EndedAs(CheckoutState.Cancelled, why, at));

    public static ReaderEvent IsDisputed(this Checkout checkout, DeviceReport claim, double at) =>
        new(EventKind.Disputed, checkout with
        {
            Disputed = true,
            Claims = [.. checkout.Claims ?? [], new(claim, At(at))],
            UpdatedAt = At(at),
        }, claim);

    private static Checkout EndedAs(this Checkout checkout, CheckoutState state, Reason? why, double at) =>
        checkout with { State = state, Reason = why, EndedAt = At(at), UpdatedAt = At(at) };

    private static Checkout AcceptedOf(StartCheckout ask, DateTimeOffset at) => new()
    {
        Id = ask.CheckoutId,
        ClientTransactionId = ask.ClientTransactionId,
        MerchantCode = "MC0X0ABC",
        ReaderId = "rdr_3MSAFM23CK82VSTT4BN6RWSQ65",
        Terms = ask.Terms,
        Serial = "VIRTUAL-SOLO-01",
        Firmware = "3.3.40.3",
        AcceptedAt = at,
        ValidUntil = at.AddSeconds(60),
        UpdatedAt = at,
        State = CheckoutState.Accepted,
    };
}
