using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>Fleet's readers compared with those that the cloud has.</summary>
public sealed class RosterSpecs
{
    private const string Serial = "U1DT3NA00-CN";

    private static readonly ReaderProfile Profile = new()
    {
        MerchantCode = Ready.MerchantCode, Store = "s1", Name = "Lane 3", Device = new(Serial, Device.Solo, "0"),
        Status = PairingStatus.Paired, CreatedAt = At(-3_600), UpdatedAt = At(-3_600), CloudReaderId = "old",
    };

    private static readonly KnownReader Lane = new("lane", Profile);

    private static readonly ListedReader Old = Listed("old", Serial), Anew = Listed("new", Serial),
        Other = Listed("other", "U2");

    [Fact]
    public void Readers_that_both_sides_have_need_nothing() => Assert.Empty(Compare([Lane], [Old]).Findings);

    [Fact]
    public void A_reader_that_only_the_cloud_has_is_counted() =>
        Assert.Equal("1", Told(Compare([Lane], [Old, Other])));

    [Fact]
    public void A_reader_without_a_device_is_not_counted() =>
        Assert.Equal("0", Told(Compare([Lane], [Old, Other with { Status = PairingStatus.Expired }])));

    [Fact]
    public void A_reader_that_the_cloud_has_no_more_is_lost() =>
        Assert.Equal("lane Lost  1", Told(Compare([Lane], [Other])));

    [Fact]
    public void A_reader_whose_pairing_the_cloud_calls_over_is_lost() =>
        Assert.Equal("lane Lost old 0", Told(Compare([Lane], [Old with { Status = PairingStatus.Expired }])));

    [Fact]
    public void A_reader_that_is_lost_is_not_lost_again() =>
        Assert.Equal("0", Told(Compare([Is(PairingStatus.Expired)], [])));

    [Fact]
    public void A_reader_whose_device_has_not_confirmed_is_not_lost() =>
        Assert.Equal("0", Told(Compare([Fresh(PairingStatus.Processing)], [])));

    [Fact]
    public void A_device_under_another_id_is_the_same_reader()
    {
        Assert.Equal("lane PairedAnew new 0", Told(Compare([Lane], [Anew])));
        Assert.Equal("lane PairedAnew new 0", Told(Compare([Is(PairingStatus.Expired)], [Anew])));
        Assert.Equal("lane PairedAnew new 0",
            Told(Compare([Lane], [Anew, Old with { Status = PairingStatus.Expired }])));
    }

    [Fact]
    public void A_pairing_that_still_is_there_is_not_replaced() =>
        Assert.Equal("1", Told(Compare([Lane], [Anew, Old])));

    [Fact]
    public void Of_two_readers_with_one_serial_number_one_is_found() =>
        Assert.Equal("lane PairedAnew new, twin Lost  0",
            Told(Compare([Lane, new("twin", Profile with { CloudReaderId = "older" })], [Anew])));

    [Theory]
    [InlineData(PairingStatus.Processing)]
    [InlineData(PairingStatus.Expired)]
    public void A_pairing_that_the_cloud_calls_paired_is_confirmed(PairingStatus before) =>
        Assert.Equal("lane Confirmed old 0", Told(Compare([Is(before)], [Old])));

    [Fact]
    public void A_pairing_that_goes_on_is_left_alone() =>
        Assert.Equal("0", Told(Compare(
            [Fresh(PairingStatus.Processing)], [Old with { Status = PairingStatus.Processing }])));

    [Fact]
    public void A_device_of_Fleets_own_is_never_lost() =>
        Assert.Equal("0", Told(Compare([new("own", Profile with { CloudReaderId = null })], [])));

    [Fact]
    public void A_device_is_known_by_its_serial_number_and_model()
    {
        Assert.Equal(new Device(Serial, Device.Solo, Device.UnknownFirmware), Old.Device);
        Assert.Equal(Device.VirtualSolo, (Old with { Model = "virtual-solo" }).Device.Model);
        Assert.Equal(Device.Solo, (Old with { Model = "solo-next" }).Device.Model);
        Assert.Equal("old", (Old with { Serial = null }).Device.Serial);
        Assert.Equal("old", (Old with { Serial = " " }).Device.Serial);
    }

    private static KnownReader Is(PairingStatus status) => Lane with { Profile = Profile with { Status = status } };

    private static KnownReader Fresh(PairingStatus status) =>
        Lane with { Profile = Profile with { Status = status, CreatedAt = At(-10) } };

    private static RosterReport Compare(KnownReader[] known, ListedReader[] listed) =>
        RosterRules.Compare(known, listed, Noon);

    private static string Told(RosterReport report) => string.Join(' ', new[]
    {
        string.Join(", ", report.Findings.Select(one => $"{one.Reader.Id} {one.Change} {one.Listed?.Id}")),
        $"{report.Adoptable}",
    }.Where(text => text.Length > 0));

    private static ListedReader Listed(string id, string serial) =>
        new(id, id, PairingStatus.Paired, serial, Device.Solo);
}
