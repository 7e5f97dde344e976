using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

/// <summary>How a reader is renamed, moved and deleted.</summary>
public sealed class ReaderProfileSpecs
{
    private static readonly ReaderProfile Lane = new()
    {
        MerchantCode = Ready.MerchantCode, Store = "s1", Name = "Lane 3", Metadata = "{}", Tags = ["bar"],
        Device = Ready.Device, Status = PairingStatus.Paired, CreatedAt = Noon, UpdatedAt = Noon,
    };

    private static readonly Reach Everything = new(Lane.MerchantCode), Store = new(Lane.MerchantCode, Lane.Store);

    [Fact]
    public void A_reader_gets_a_name_and_keeps_its_metadata() =>
        Assert.Equal(Lane with { Name = "Bar" }, ReaderProfileRules.Rename(Lane, "Bar", null));

    [Fact]
    public void A_reader_gets_metadata_and_keeps_its_name() =>
        Assert.Equal(Lane with { Metadata = "{\"a\":1}" }, ReaderProfileRules.Rename(Lane, null, "{\"a\":1}"));

    [Fact]
    public void A_reader_moves_to_a_store_with_its_tags() =>
        Assert.Equal((Lane with { Store = "s2" }, null), ReaderProfileRules.Move(Everything, Lane, "s2", null));

    [Fact]
    public void A_reader_gets_tags_and_stays_in_its_store()
    {
        string[] tags = ["exit"];

        Assert.Equal((Lane with { Tags = tags }, null), ReaderProfileRules.Move(Store, Lane, null, tags));
        Assert.Equal((Lane with { Tags = tags }, null), ReaderProfileRules.Move(Store, Lane, "s1", tags));
    }

    [Fact]
    public void A_key_of_one_store_moves_no_reader_away()
    {
        Assert.Equal((Lane, StoreRules.NoSuchStore), ReaderProfileRules.Move(Store, Lane, "s2", ["exit"]));
        Assert.Equal(RefusalCode.Invalid, StoreRules.NoSuchStore.Code);
    }

    [Fact]
    public void A_reader_beyond_the_reach_of_a_key_stays() => Assert.All(
        [new Reach("MOTHER01"), new Reach(Lane.MerchantCode, "s2")],
        caller => Assert.Equal((Lane, Refusal.NotFound), ReaderProfileRules.Move(caller, Lane, "s2", null)));

    [Fact]
    public void A_reader_that_is_deleted_is_not_moved_any_more()
    {
        var deleted = ReaderProfileRules.Unpair(Lane);

        Assert.Equal(PairingStatus.Removed, deleted.Status);
        Assert.Equal((deleted, Refusal.NotFound), ReaderProfileRules.Move(Everything, deleted, "s2", null));
    }

    [Fact]
    public void A_reader_that_lost_its_device_is_expired_and_moves()
    {
        var lost = ReaderProfileRules.LoseDevice(Lane);

        Assert.Equal(PairingStatus.Expired, lost.Status);
        Assert.Equal((lost with { Store = "s2" }, null), ReaderProfileRules.Move(Everything, lost, "s2", null));
    }
}
