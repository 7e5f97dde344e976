namespace Fleet.Core.Tests;

/// <summary>When a device that is a reader may be paired as another one.</summary>
public sealed class PairingRuleSpecs
{
    private static readonly ReaderProfile Lane = new()
    {
        MerchantCode = Ready.MerchantCode, Store = "s1", Name = "Lane 3", Device = Ready.Device,
        Status = PairingStatus.Paired, CreatedAt = At(-3_600), UpdatedAt = At(-3_600),
    };

    private static readonly Reach Everything = new(Lane.MerchantCode), Store = new(Lane.MerchantCode, Lane.Store);

    private static readonly Reader Away = Ready.Offline();

    [Fact]
    public void A_device_that_is_connected_is_not_given_up() =>
        Assert.Equal(RefusalCode.DeviceConnected, Ask(Lane, Ready, Everything)?.Code);

    [Fact]
    public void A_device_with_an_open_checkout_is_not_given_up()
    {
        Assert.Equal(RefusalCode.DeviceHasCheckout, Ask(Lane, Paying.Offline(), Everything)?.Code);
        Assert.Equal(CoffeeStarted.Id, Ask(Lane, Paying.Offline(), Everything)?.Holder?.CheckoutId);
        Assert.Equal(RefusalCode.DeviceHasCheckout, Ask(Lane, Busy.Offline(), Everything)?.Code);
    }

    [Fact]
    public void A_device_that_just_left_is_not_given_up()
    {
        Assert.Equal(RefusalCode.DeviceJustGone, Ask(Lane, Away, Everything, goneSince: 41)?.Code);
        Assert.Equal(TimeSpan.FromSeconds(1), Ask(Lane, Away, Everything, goneSince: 41)?.Wait);
    }

    [Fact]
    public void A_device_gone_for_a_minute_is_given_up() =>
        Assert.All([Everything, Store], caller => Assert.Null(Ask(Lane, Away, caller, goneSince: 40)));

    [Fact]
    public void A_device_beyond_the_reach_is_not_given_up()
    {
        Assert.Equal(RefusalCode.PairedElsewhere, Ask(Lane, Away, new("MOTHER01"))?.Code);
        Assert.Equal(RefusalCode.PairedElsewhere, Ask(Lane, Ready, new(Lane.MerchantCode, "s2"))?.Code);
        Assert.Equal(RefusalCode.PairedElsewhere,
            Ask(Lane with { Status = PairingStatus.Processing, CreatedAt = At(50) }, Away, new("MOTHER01"))?.Code);
    }

    [Fact]
    public void A_pairing_that_was_never_confirmed_is_replaced_at_once() =>
        Assert.Null(
            Ask(Lane with { Status = PairingStatus.Processing, CreatedAt = At(50) }, Away, Store, goneSince: 99));

    [Fact]
    public void A_reader_that_is_deleted_or_expired_holds_no_device() => Assert.All(
        [Lane with { Status = PairingStatus.Removed }, Lane with { Status = PairingStatus.Expired },
            Lane with { Status = PairingStatus.Processing }],
        over => Assert.Null(Ask(over, Away, new("MOTHER01"), goneSince: 99)));

    [Fact]
    public void A_code_that_no_device_shows_takes_no_device() => Assert.All(
        [false, true],
        claimed => Assert.Equal(RefusalCode.PairingCodeUnknown, PairingRules.ClaimOffer(null, claimed, true)?.Code));

    [Fact]
    public void A_code_that_was_taken_takes_no_second_device() => Assert.All(
        [false, true],
        sandbox => Assert.Equal(
            RefusalCode.PairingCodeUsed, PairingRules.ClaimOffer(Ready.Device, claimed: true, sandbox)?.Code));

    [Fact]
    public void A_device_and_a_merchant_must_be_of_one_kind()
    {
        var real = Ready.Device with { Model = Device.Solo };

        Assert.Null(PairingRules.ClaimOffer(Ready.Device, claimed: false, sandbox: true));
        Assert.Null(PairingRules.ClaimOffer(real, claimed: false, sandbox: false));
        Assert.Equal(RefusalCode.WrongKindOfReader,
            PairingRules.ClaimOffer(Ready.Device, claimed: false, sandbox: false)?.Code);
        Assert.Equal(RefusalCode.WrongKindOfReader, PairingRules.ClaimOffer(real, claimed: false, sandbox: true)?.Code);
    }

    private static Refusal? Ask(ReaderProfile pairing, Reader reader, Reach caller, double goneSince = 0) =>
        PairingRules.GiveUpDevice(pairing, reader, At(goneSince), caller, At(100));
}
