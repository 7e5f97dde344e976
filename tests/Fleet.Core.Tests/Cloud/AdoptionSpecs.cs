using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>What a reader makes of a pairing of its device in the cloud.</summary>
public sealed class AdoptionSpecs
{
    private static readonly ReaderProfile Lane = new()
    {
        MerchantCode = Ready.MerchantCode, Store = "s1", Name = "Lane 3", Tags = ["bar"], Device = Ready.Device,
        Status = PairingStatus.Paired, CreatedAt = At(-3_600), UpdatedAt = At(-3_600), CloudReaderId = "old",
    };

    private static readonly ListedReader Listed =
        new("new", "SumUp's name", PairingStatus.Paired, Ready.Device.Serial, Device.Solo);

    private static readonly Reach Everything = new(Lane.MerchantCode);

    private static readonly ReaderProfile Wanted = AdoptionRules.MakeProfile(Listed, Everything, "s2", ["exit"], Noon);

    [Fact]
    public void A_device_that_Fleet_does_not_know_is_new() =>
        Assert.Equal(new AdoptionDecision(Adoption.New, Wanted), Take(null, null));

    [Fact]
    public void A_new_reader_has_the_name_that_it_has_there() =>
        Assert.Equal(
            ("SumUp's name", "s2", "new", PairingStatus.Paired),
            (Wanted.Name, Wanted.Store, Wanted.CloudReaderId, Wanted.Status));

    [Fact]
    public void A_pairing_that_the_reader_has_changes_nothing() =>
        Assert.Equal(new AdoptionDecision(Adoption.Known), Take(Lane with { CloudReaderId = "new" }, Paying));

    [Theory]
    [InlineData(PairingStatus.Processing)]
    [InlineData(PairingStatus.Expired)]
    public void A_known_pairing_is_confirmed_when_it_is_listed(PairingStatus before)
    {
        var lane = Lane with { CloudReaderId = "new" };

        Assert.Equal(new AdoptionDecision(Adoption.Known, lane), Take(lane with { Status = before }, Ready));
    }

    [Fact]
    public void A_known_pairing_that_begins_again_may_be_confirmed_again()
    {
        var lost = Lane with { CloudReaderId = "new", Status = PairingStatus.Expired };

        var decided = Take(lost, Ready, Wanted with { Status = PairingStatus.Processing });

        Assert.Equal(lost with { Status = PairingStatus.Processing, PairedAt = Noon }, decided.Next);
        Assert.Equal(PairingStatus.Processing, decided.Next?.StatusAt(At(299)));
        Assert.Equal(PairingStatus.Expired, decided.Next?.StatusAt(At(300)));
    }

    [Fact]
    public void A_device_paired_anew_keeps_its_reader_and_its_place() =>
        Assert.Equal(
            new AdoptionDecision(Adoption.PairedAnew,
                Lane with { CloudReaderId = "new", Device = Listed.Device, PairedAt = Noon }),
            Take(Lane, Ready));

    [Theory]
    [InlineData(PairingStatus.Expired)]
    [InlineData(PairingStatus.Processing)]
    public void A_reader_whose_pairing_is_over_goes_on(PairingStatus status) =>
        Assert.Equal(PairingStatus.Paired, Take(Lane with { Status = status }, Ready.Offline()).Next?.Status);

    [Fact]
    public void A_reader_with_an_open_checkout_takes_no_pairing()
    {
        var refusal = Take(Lane, Paying).Refusal;

        Assert.Equal(RefusalCode.DeviceHasCheckout, refusal?.Code);
        Assert.Equal(CoffeeStarted.Id, refusal?.Holder?.CheckoutId);
        Assert.Equal(new NamedReader(Ready.Id, "Lane 3"), refusal?.Reader);
    }

    [Fact]
    public void A_device_that_is_connected_to_Fleet_is_not_taken()
    {
        var own = Lane with { CloudReaderId = null };

        Assert.Equal(RefusalCode.DeviceConnected, Take(own, Ready).Refusal?.Code);
        Assert.Equal("new", Take(own, Ready.Offline()).Next?.CloudReaderId);
    }

    [Fact]
    public void A_reader_beyond_the_reach_takes_no_pairing()
    {
        Assert.Equal(Refusal.PairedElsewhere, Take(Lane with { MerchantCode = "MOTHER01" }, Ready).Refusal);
        Assert.Equal(Refusal.PairedElsewhere,
            AdoptionRules.TakePairing(Lane, Ready, Wanted, Everything with { Store = "s2" }, Noon).Refusal);
    }

    [Fact]
    public void A_reader_that_is_over_leaves_its_device() => Assert.All(
        [Lane with { Status = PairingStatus.Removed },
            Lane with { MerchantCode = "MOTHER01", Status = PairingStatus.Expired }],
        over => Assert.Equal(new AdoptionDecision(Adoption.Over), Take(over, Ready)));

    [Fact]
    public void What_the_list_says_is_taken_for_that_pairing_only()
    {
        Assert.Equal(Lane with { Status = PairingStatus.Expired },
            AdoptionRules.TakeStatus(Lane, "old", PairingStatus.Expired));
        Assert.Null(AdoptionRules.TakeStatus(Lane, "old", PairingStatus.Paired));
        Assert.Null(AdoptionRules.TakeStatus(Lane, "older", PairingStatus.Expired));
        Assert.Null(AdoptionRules.TakeStatus(
            Lane with { Status = PairingStatus.Removed }, "old", PairingStatus.Paired));
    }

    private static AdoptionDecision Take(ReaderProfile? profile, Reader? reader, ReaderProfile? wanted = null) =>
        AdoptionRules.TakePairing(profile, reader, wanted ?? Wanted, Everything, Noon);
}
