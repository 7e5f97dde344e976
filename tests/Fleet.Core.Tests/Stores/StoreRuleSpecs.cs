using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

/// <summary>What may be done to the stores of a merchant, and with the readers of a store.</summary>
public sealed class StoreRuleSpecs
{
    private const string Lane = "rdr_3MSAFM23CK82VSTT4BN6RWSQ65", Bar = "rdr_00000000000000000000000001";

    private static readonly StoreInfo Default = new(ReaderProfile.DefaultStore, "Default");

    private static readonly StoreInfo Open = new("s1", "Mitte", Noon), Retired = new("s2", "Tor", Noon, At(60));

    private static readonly StoreInfo[] Stores = [Default, Open, Retired];

    private static readonly StoreRecord Closed = new(), Opened = new() { Opened = true };

    [Fact]
    public void A_store_of_a_new_id_can_be_made() =>
        Assert.Null(StoreRules.CreateStore(Stores, "s3"));

    [Fact]
    public void A_store_that_is_open_cannot_be_made_again() =>
        Assert.All(["s1", "default"], id =>
            Assert.Equal(RefusalCode.StoreExists, StoreRules.CreateStore(Stores, id)?.Code));

    [Fact]
    public void A_merchant_makes_no_more_than_ten_thousand_stores()
    {
        StoreInfo[] all = [.. Enumerable.Range(0, 9_999).Select(i => new StoreInfo($"s{i}", "")), Retired];
        var refusal = StoreRules.CreateStore([Default, .. all[1..]], "one-more");

        Assert.Equal(RefusalCode.Invalid, refusal?.Code);
        Assert.Equal(new FieldError("store", "cannot be added to 10000 others"), Assert.Single(refusal?.Fields ?? []));
        Assert.Null(StoreRules.CreateStore(all[1..], "one-more"));
        Assert.Null(StoreRules.CreateStore([Open, .. all[1..9_999], Retired with { Id = "old" }], "old"));
    }

    [Fact]
    public void Only_a_store_that_is_open_can_be_renamed()
    {
        Assert.Null(StoreRules.RenameStore(Stores, "s1"));
        Assert.Null(StoreRules.RenameStore(Stores, "default"));
        Assert.Equal(RefusalCode.NotFound, StoreRules.RenameStore(Stores, "s2")?.Code);
        Assert.Equal(RefusalCode.NotFound, StoreRules.RenameStore(Stores, "s3")?.Code);
    }

    [Fact]
    public void Only_a_store_that_is_open_can_be_retired()
    {
        Assert.Null(StoreRules.RetireStore(Stores, "s1"));
        Assert.Equal(RefusalCode.NotFound, StoreRules.RetireStore(Stores, "s2")?.Code);
        Assert.Equal(RefusalCode.NotFound, StoreRules.RetireStore(Stores, "s3")?.Code);
    }

    [Fact]
    public void The_default_store_of_a_merchant_cannot_be_retired()
    {
        var refusal = StoreRules.RetireStore(Stores, "default");

        Assert.Equal(RefusalCode.Invalid, refusal?.Code);
        Assert.Equal(new FieldError("store", "cannot be the default one"), Assert.Single(refusal?.Fields ?? []));
    }

    [Fact]
    public void A_store_is_open_from_when_it_is_made()
    {
        Assert.False(StoreRules.IsOpen(Closed, "s1"));
        Assert.True(StoreRules.IsOpen(StoreRules.OpenStore(Closed), "s1"));
    }

    [Fact]
    public void The_default_store_is_open_without_being_made() =>
        Assert.True(StoreRules.IsOpen(Closed, "default"));

    [Fact]
    public void A_store_with_readers_is_not_closed_before_they_left()
    {
        var one = StoreRules.AddReader(Opened, Lane);
        Assert.Equal((one, RefusalCode.StoreNotEmpty), Told(StoreRules.CloseStore(one)));

        var (closed, refusal) = StoreRules.CloseStore(StoreRules.RemoveReader(one, Lane));
        Assert.Null(refusal);
        Assert.False(StoreRules.IsOpen(closed, "s1"));
    }

    [Fact]
    public void A_store_that_is_not_open_admits_no_reader()
    {
        Assert.Equal((Closed, RefusalCode.Invalid), Told(StoreRules.AdmitReader(Closed, "s1", Lane)));
        Assert.Equal([Lane], StoreRules.AdmitReader(Closed, "default", Lane).Next.Readers);
        Assert.Equal([Lane], StoreRules.AdmitReader(Opened, "s1", Lane).Next.Readers);
    }

    [Fact]
    public void A_reader_is_listed_once_and_in_its_place()
    {
        var both = StoreRules.AddReader(StoreRules.AddReader(Opened, Lane), Bar);

        Assert.Equal([Lane, Bar], both.Readers);
        Assert.Same(both, StoreRules.AddReader(both, Lane));
        Assert.Equal([Bar], StoreRules.RemoveReader(both, Lane).Readers);
        Assert.Same(Opened, StoreRules.RemoveReader(Opened, Lane));
    }

    private static (StoreRecord, RefusalCode?) Told((StoreRecord Next, Refusal? Refusal) decided) =>
        (decided.Next, decided.Refusal?.Code);
}
