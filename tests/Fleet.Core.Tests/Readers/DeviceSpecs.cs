namespace Fleet.Core.Tests;

/// <summary>Which device is believed to be a reader, and what becomes of one that is paired.</summary>
public sealed class DeviceSpecs
{
    private const string Lane = "rdr_3MSAFM23CK82VSTT4BN6RWSQ65", Bar = "rdr_00000000000000000000000001";

    private static readonly BindDevice AsLane = new(Lane, "Lane 3", "MC0X0ABC", "7QF2M9XK");

    private static readonly BindDevice AsBar = new(Bar, "Bar", "MOTHER01", "AAAA1111");

    private static readonly DeviceRecord Bound = DeviceRules.BindDevice(new(), AsLane, Noon);

    private static readonly DeviceRecord Told = Bound with { CredentialHash = "AB01" };

    private static readonly DeviceProof Proof = new(Lane, "AB01");

    private static readonly DeviceHello Unknown = new(null, null, null), Proving = new(Lane, Proof, null);

    private static readonly DeviceRecord Paired = DeviceRules.ConnectDevice(Told, Proving, Noon).Next;

    [Fact]
    public void A_device_that_SumUp_pairs_is_never_told_again()
    {
        var device = DeviceRules.BindDevice(new(), AsLane with { Code = "" }, Noon);

        Assert.False(DeviceRules.IsToBeToldAgain(device, "", Noon));
        Assert.False(DeviceRules.IsToBeToldAgain(device, null, Noon));
    }

    [Fact]
    public void A_device_with_its_credential_proves_its_reader() =>
        Assert.True(DeviceRules.ProvesReader(Paired, Proof));

    [Fact]
    public void Neither_a_wrong_credential_nor_none_proves_anything()
    {
        Assert.False(DeviceRules.ProvesReader(Paired, null));
        Assert.False(DeviceRules.ProvesReader(Paired, Proof with { CredentialHash = "AB02" }));
        Assert.False(DeviceRules.ProvesReader(Paired, Proof with { CredentialHash = "AB" }));
        Assert.False(DeviceRules.ProvesReader(Paired, Proof with { ReaderId = Bar }));
        Assert.False(DeviceRules.ProvesReader(Bound, Proof));
        Assert.False(DeviceRules.ProvesReader(new(), Proof));
    }

    [Fact]
    public void Each_proven_connection_of_a_device_has_the_next_epoch()
    {
        var (next, told) = DeviceRules.ConnectDevice(Paired, Proving, Noon);

        Assert.Equal((1, 2, 2), (Paired.Epoch, next.Epoch, told.Epoch));
        Assert.True(told.IsNewest);
    }

    [Fact]
    public void A_connection_that_proves_nothing_changes_no_record()
    {
        var (next, told) = DeviceRules.ConnectDevice(Paired, Unknown, Noon);

        Assert.Same(Paired, next);
        Assert.False(told.IsNewest);
    }

    [Fact]
    public void A_pairing_is_confirmed_by_the_first_proof_of_it()
    {
        Assert.False(Told.Confirmed);
        Assert.False(DeviceRules.ConnectDevice(Told, Unknown, Noon).Next.Confirmed);
        Assert.True(DeviceRules.ConnectDevice(Told, Proving, Noon).Next.Confirmed);
        Assert.True(DeviceRules.ConnectDevice(Paired, Unknown, Noon).Next.Confirmed);
        Assert.False(DeviceRules.ConnectDevice(Told with { Released = true }, Proving, Noon).Next.Confirmed);
    }

    [Fact]
    public void A_device_that_proves_its_reader_is_that_reader()
    {
        var told = DeviceRules.ConnectDevice(Paired, Proving, Noon).Answer;

        Assert.Equal(new(2, Lane, MerchantCode: "MC0X0ABC"), told);
        Assert.False(told.NeedsCode);
    }

    [Fact]
    public void A_device_whose_reader_was_deleted_is_told_so()
    {
        var released = DeviceRules.ReleaseReader(Paired, Lane, At(60));

        Assert.Equal(new(2, Lane, Unpaired: Lane, MerchantCode: "MC0X0ABC"),
            DeviceRules.ConnectDevice(released, Proving, Noon).Answer);
    }

    [Fact]
    public void A_device_that_claims_a_reader_without_proof_is_unpaired()
    {
        var (next, told) = DeviceRules.ConnectDevice(
            Paired, new(Lane, Proof with { CredentialHash = "AB02" }, null), Noon);

        Assert.Equal(new(0, Unpaired: Lane), told);
        Assert.Same(Paired, next);
        Assert.False(told.NeedsCode);
        Assert.Equal(told, DeviceRules.ConnectDevice(Paired, new(Lane, null, null), Noon).Answer);
        Assert.Equal(new(0, Unpaired: Bar), DeviceRules.ConnectDevice(Told, new(Bar, null, "7QF2M9XK"), Noon).Answer);
    }

    [Fact]
    public void A_device_that_proves_a_former_reader_is_unchanged()
    {
        var device = DeviceRules.BindDevice(Paired, AsBar, At(60));
        var (next, told) = DeviceRules.ConnectDevice(device, Proving, At(60));

        Assert.Same(device, next);
        Assert.Equal(new(0, Lane, Unpaired: Lane, MerchantCode: "MC0X0ABC"), told);
        Assert.False(told.IsNewest);
        Assert.False(told.NeedsCode);
    }

    [Fact]
    public void A_device_paired_again_as_the_same_reader_proves_that()
    {
        var device = DeviceRules.BindDevice(Paired, AsLane, At(60)) with { CredentialHash = "AB01" };

        Assert.Equal(new(2, Lane, MerchantCode: "MC0X0ABC"), DeviceRules.ConnectDevice(device, Proving, At(60)).Answer);
    }

    [Fact]
    public void A_device_without_a_claim_gets_a_code_to_show()
    {
        var told = DeviceRules.ConnectDevice(new(), Unknown, Noon).Answer;

        Assert.Equal(new(0), told);
        Assert.True(told.NeedsCode);
        Assert.True(DeviceRules.ConnectDevice(Told, Unknown with { ShownCode = "AAAA1111" }, Noon).Answer.NeedsCode);
    }

    [Fact]
    public void A_device_that_missed_its_pairing_is_told_it_again()
    {
        var (next, told) = DeviceRules.ConnectDevice(Told, Unknown with { ShownCode = "7QF2M9XK" }, At(299));

        Assert.Equal(new(0, ToldAgain: Lane), told);
        Assert.Same(Told, next);
        Assert.False(told.NeedsCode);
        Assert.True(DeviceRules.ConnectDevice(Told, Unknown with { ShownCode = "7QF2M9XK" }, At(300)).Answer.NeedsCode);
    }

    [Fact]
    public void A_device_that_is_paired_has_yet_to_confirm_that()
    {
        var next = DeviceRules.BindDevice(Paired, AsBar, At(60));

        Assert.Equal((Bar, "Bar", "MOTHER01", "AAAA1111", At(60)),
            (next.ReaderId, next.ReaderName, next.MerchantCode, next.PairedByCode, next.PairedAt));
        Assert.True(next is { Confirmed: false, Released: false, CredentialHash: null, Epoch: 1 });
    }

    [Fact]
    public void A_device_still_proves_the_readers_that_it_was()
    {
        var next = DeviceRules.BindDevice(Paired, AsBar, At(60));

        Assert.False(DeviceRules.ProvesReader(next, Proof));
        Assert.Equal(new FormerPairing(Lane, "AB01", "MC0X0ABC"), DeviceRules.FindFormer(next, Proof));
        Assert.Null(DeviceRules.FindFormer(next, Proof with { CredentialHash = "AB02" }));
        Assert.Null(DeviceRules.FindFormer(next, Proof with { ReaderId = Bar }));
        Assert.Null(DeviceRules.FindFormer(next, null));
    }

    [Fact]
    public void A_pairing_that_never_had_a_credential_is_not_kept() =>
        Assert.Empty(DeviceRules.BindDevice(Bound, AsBar, At(60)).Former);

    [Fact]
    public void A_device_keeps_its_last_eight_pairings_and_no_more()
    {
        var device = Enumerable.Range(0, 10).Aggregate(new DeviceRecord(), (before, i) =>
            DeviceRules.BindDevice(before, AsLane with { ReaderId = $"rdr_{i}" }, Noon) with { CredentialHash = "AB" });

        Assert.Equal(Enumerable.Range(1, 8).Select(i => $"rdr_{i}"), device.Former.Select(one => one.ReaderId));
    }

    [Fact]
    public void A_reader_that_is_deleted_releases_its_own_device()
    {
        var released = DeviceRules.ReleaseReader(Paired, Lane, At(60));

        Assert.Equal(Lane, DeviceRules.PairedAs(Paired));
        Assert.Null(DeviceRules.PairedAs(released));
        Assert.True(DeviceRules.ProvesReader(released, Proof)); // it may still report what it had begun
        Assert.Same(Paired, DeviceRules.ReleaseReader(Paired, Bar, At(60)));
        Assert.Same(released, DeviceRules.ReleaseReader(released, Lane, At(60)));
    }

    [Fact]
    public void A_device_remembers_its_pairings_with_their_times()
    {
        var moved = DeviceRules.BindDevice(Paired, AsBar with { Store = "berlin" }, At(60));
        var gone = DeviceRules.ReleaseReader(moved, Bar, At(90));

        Assert.Equal([new(Lane, "MC0X0ABC", null, Noon, At(60)), new(Bar, "MOTHER01", "berlin", At(60), At(90))],
            DeviceRules.ListPairings(gone));
        Assert.Equal(3, DeviceRules.ListPairings(DeviceRules.BindDevice(gone, AsLane, At(120))).Count);
        Assert.Same(moved.Pairings, DeviceRules.BindDevice(moved, AsBar, At(61)).Pairings); // the same order again
    }

    [Fact]
    public void Pairings_of_an_older_version_are_listed_without_times()
    {
        var old = DeviceRules.BindDevice(Paired, AsBar, At(60)) with { Pairings = [] };

        Assert.Equal([new(Lane, "MC0X0ABC", null, null), new DevicePairing(Bar, "MOTHER01", null, At(60))],
            DeviceRules.ListPairings(old));
        Assert.Empty(DeviceRules.ListPairings(new()));
    }

    [Fact]
    public void Only_the_last_fifty_pairings_are_kept()
    {
        var device = Enumerable.Range(0, 60).Aggregate(Paired, (before, i) =>
            DeviceRules.BindDevice(before, AsLane with { ReaderId = $"rdr_{i}" }, At(i)));

        Assert.Equal(DeviceRules.MaxPairings, device.Pairings.Count);
        Assert.Equal("rdr_59", device.Pairings[^1].ReaderId);
    }

    [Fact]
    public void A_device_becomes_no_reader_while_it_is_another_one()
    {
        Assert.False(DeviceRules.MayBind(Paired, Bar, replaces: null));
        Assert.False(DeviceRules.MayBind(Paired, Bar, replaces: "rdr_0"));
        Assert.True(DeviceRules.MayBind(Paired, Bar, replaces: Lane));
        Assert.True(DeviceRules.MayBind(Paired, Lane, replaces: null));
        Assert.True(DeviceRules.MayBind(new(), Bar, replaces: null));
        Assert.True(DeviceRules.MayBind(DeviceRules.ReleaseReader(Paired, Lane, At(60)), Bar, replaces: null));
    }

    [Fact]
    public void A_pairing_that_was_missed_is_told_for_its_code()
    {
        Assert.True(DeviceRules.IsToBeToldAgain(Bound, "7QF2M9XK", At(299)));
        Assert.False(DeviceRules.IsToBeToldAgain(Bound, "7QF2M9XK", At(300)));
        Assert.False(DeviceRules.IsToBeToldAgain(Bound, "AAAA1111", At(0)));
        Assert.False(DeviceRules.IsToBeToldAgain(Bound, null, At(0)));
        Assert.False(DeviceRules.IsToBeToldAgain(Bound with { Released = true }, "7QF2M9XK", At(0)));
        Assert.False(DeviceRules.IsToBeToldAgain(Paired, "7QF2M9XK", At(0)));
        Assert.False(DeviceRules.IsToBeToldAgain(new(), null, At(0)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Four_connections_of_a_serial_number_may_show_codes(int waiting, bool full) =>
        Assert.Equal(full, DeviceRules.IsFull(waiting));
}
