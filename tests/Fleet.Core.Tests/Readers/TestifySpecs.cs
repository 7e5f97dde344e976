namespace Fleet.Core.Tests;

/// <summary>A device reports about a checkout that it took as another reader.</summary>
public sealed class TestifySpecs
{
    private static readonly Witness Same = new(Ready.Device.Serial, Ready.MerchantCode);
    private static readonly Witness Elsewhere = new(Ready.Device.Serial, "MOTHER01");
    private static readonly Witness Unknown = new(Ready.Device.Serial, null);
    private static readonly Witness Stranger = new("VIRTUAL-SOLO-99", Ready.MerchantCode);

    [Fact]
    public void With_the_same_merchant_a_report_ends_the_checkout() => Spec.Given(Paying)
        .When(Says(CoffeeStarted, Charged(350), Same)).Then(new ReaderEvent(EventKind.Succeeded, CoffeePaid));

    [Fact]
    public void With_another_merchant_a_report_is_a_claim() => IsClaim(Elsewhere);

    [Fact]
    public void With_an_unknown_merchant_a_report_is_a_claim() => IsClaim(Unknown);

    [Fact]
    public void A_device_with_another_serial_number_is_refused_here() => Spec.Given(Paying)
        .When(Says(CoffeeStarted, Charged(350), Stranger)).ThenRefused(RefusalCode.NotFound);

    [Fact]
    public void What_no_device_was_granted_is_refused_from_elsewhere() => Spec.Given(Busy)
        .When(Says(CoffeeAccepted, Charged(350), Elsewhere)).ThenRefused(RefusalCode.NotFound);

    [Fact]
    public void What_agrees_with_the_outcome_is_already_so() => Spec.Given(Ready.With(CoffeePaid))
        .When(Says(CoffeePaid, Charged(350), Elsewhere)).ThenNothing();

    private static void IsClaim(Witness witness)
    {
        var told = Charged(350);
        Spec.Given(Paying).When(Says(CoffeeStarted, told, witness)).Then(new ReaderEvent(
            EventKind.Disputed,
            CoffeeStarted with { Disputed = true, Claims = [new(told, At(20))], UpdatedAt = At(20) }, told));
    }

    private static Func<Reader, Decision> Says(Checkout named, DeviceReport report, Witness witness) =>
        reader => ReaderRules.TakeTestimony(reader, named, report, witness, At(20));
}
