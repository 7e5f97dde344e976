namespace Fleet.Core.Tests;

public sealed class MerchantEditSpecs
{
    private static readonly MerchantRecord Shop = new()
    {
        Code = "MCSHOP01",
        Sandbox = false,
        Revision = 7,
        Terms = new() { Name = "Shop", Currency = "EUR" },
        CreatedAt = Noon,
        CreatedBy = "key-1",
        UpdatedAt = Noon,
    };

    private static readonly AffiliateKey Key = new("tills", "com.example.till", AffiliateApp.HashKey("k1"), Noon);

    private static DateTimeOffset Later => Noon.AddHours(1);

    [Fact]
    public void A_code_that_is_taken_makes_no_second_merchant()
    {
        var wanted = Shop with { Terms = Shop.Terms with { Name = "Other" } };

        Assert.Same(wanted, MerchantEdits.Create(isConfigured: false, null, wanted).Merchant);
        Assert.Equal(RefusalCode.MerchantExists, MerchantEdits.Create(false, Shop, wanted).Refusal?.Code);
        Assert.Equal(RefusalCode.MerchantExists, MerchantEdits.Create(true, null, wanted).Refusal?.Code);
    }

    [Fact]
    public void The_maker_of_a_merchant_may_ask_for_it_again()
    {
        var again = Shop with { Revision = 1, CreatedAt = Later, UpdatedAt = Later };

        Assert.Same(Shop, MerchantEdits.Create(isConfigured: false, Shop, again).Merchant);
        Assert.NotNull(MerchantEdits.Create(false, Shop, again with { CreatedBy = "key-2" }).Refusal);
    }

    [Fact]
    public void A_merchant_of_the_configuration_is_not_changed_here() =>
        Assert.Equal(RefusalCode.MerchantConfigured, MerchantEdits.Change(true, null, 0, shop => shop).Refusal?.Code);

    [Fact]
    public void A_change_of_an_older_revision_is_always_refused()
    {
        Assert.Equal(RefusalCode.MerchantChanged, MerchantEdits.Change(false, Shop, 6, shop => shop).Refusal?.Code);
        Assert.Same(Shop, MerchantEdits.Change(false, Shop, 7, shop => shop).Merchant);
        Assert.Same(Shop, MerchantEdits.Change(false, Shop, 0, shop => shop).Merchant);
        Assert.Equal(Refusal.NotFound, MerchantEdits.Change(false, null, 0, shop => shop).Refusal);
    }

    [Fact]
    public void A_change_counts_the_revision_and_notes_its_time()
    {
        var after = Done(MerchantEdits.Update(Shop, Shop.Terms with { Name = "Corner shop" }, Later));

        Assert.Equal((8, "Corner shop", Later), (after.Revision, after.Terms.Name, after.UpdatedAt));
        Assert.Equal(Noon, after.CreatedAt);
    }

    [Fact]
    public void The_same_terms_again_change_nothing_of_a_merchant() =>
        Assert.Same(Shop, Done(MerchantEdits.Update(Shop, Shop.Terms with { }, Later)));

    [Fact]
    public void A_merchant_is_suspended_once_and_keeps_that_time()
    {
        var first = Done(MerchantEdits.Suspend(Shop, "audit", "key-1", Noon));
        var again = Done(MerchantEdits.Suspend(first, "audit", "key-2", Later));
        var other = Done(MerchantEdits.Suspend(first, "fraud", "key-2", Later));

        Assert.Same(first, again);
        Assert.Equal(new Suspension("fraud", Noon, "key-2"), other.Suspension);
    }

    [Fact]
    public void A_resumed_merchant_has_no_suspension_any_more()
    {
        var suspended = Done(MerchantEdits.Suspend(Shop, "audit", "key-1", Noon));

        Assert.Null(Done(MerchantEdits.Resume(suspended, Later)).Suspension);
        Assert.Same(Shop, Done(MerchantEdits.Resume(Shop, Later)));
    }

    [Fact]
    public void The_same_affiliate_key_is_added_only_once()
    {
        var added = Done(MerchantEdits.AddAffiliate(Shop, Key, Noon));

        Assert.Same(added, Done(MerchantEdits.AddAffiliate(added, Key with { CreatedAt = Later }, Later)));
        Assert.Equal([Key], added.Affiliates);
    }

    [Fact]
    public void An_affiliate_name_that_is_taken_is_refused_by_name()
    {
        var added = Done(MerchantEdits.AddAffiliate(Shop, Key, Noon));

        var refusal = MerchantEdits.AddAffiliate(added, Key with { AppId = "other" }, Later).Refusal;

        Assert.Equal("name", Assert.Single(refusal?.Fields ?? []).Field);
    }

    [Fact]
    public void A_merchant_has_at_most_fifty_affiliate_keys()
    {
        var full = Shop with
        {
            Affiliates = [.. Enumerable.Range(0, MerchantEdits.MaxAffiliates).Select(n => Key with { Name = $"{n}" })],
        };

        Assert.Equal(RefusalCode.Invalid, MerchantEdits.AddAffiliate(full, Key, Later).Refusal?.Code);
    }

    [Fact]
    public void A_retired_affiliate_key_stays_in_the_list()
    {
        var added = Done(MerchantEdits.AddAffiliate(Shop, Key, Noon));
        var retired = Done(MerchantEdits.RetireAffiliate(added, "tills", Later));

        Assert.Equal([Key with { RetiredAt = Later }], retired.Affiliates);
        Assert.Same(retired, Done(MerchantEdits.RetireAffiliate(retired, "tills", Later)));
        Assert.Equal(Refusal.NotFound, MerchantEdits.RetireAffiliate(added, "others", Later).Refusal);
    }

    [Fact]
    public void The_old_secret_is_used_until_the_overlap_ends()
    {
        var (first, second) = (Secret(1), Secret(2));
        var one = Done(MerchantEdits.RotateSecret(Shop, first, TimeSpan.FromDays(1), Noon));
        var two = Done(MerchantEdits.RotateSecret(one, second, TimeSpan.FromHours(1), Later));

        Assert.Equal([first with { ExpiresAt = Later.AddHours(1) }, second], two.Secrets);
        Assert.True(two.Secrets[0].IsGoodAt(Later.AddMinutes(59)));
        Assert.False(two.Secrets[0].IsGoodAt(Later.AddHours(1)));
    }

    [Fact]
    public void A_rotation_without_overlap_forgets_all_older_secrets()
    {
        var one = Done(MerchantEdits.RotateSecret(Shop, Secret(1), TimeSpan.FromDays(1), Noon));

        Assert.Equal([Secret(2)], Done(MerchantEdits.RotateSecret(one, Secret(2), TimeSpan.Zero, Later)).Secrets);
    }

    [Fact]
    public void More_secrets_than_four_at_a_time_are_refused()
    {
        var full = Enumerable.Range(1, MerchantEdits.MaxSecrets).Aggregate(Shop,
            (shop, n) => Done(MerchantEdits.RotateSecret(shop, Secret(n), TimeSpan.FromDays(1), Noon)));

        var refused = MerchantEdits.RotateSecret(full, Secret(9), TimeSpan.FromDays(1), Later);

        Assert.Equal("overlap_seconds", Assert.Single(refused.Refusal?.Fields ?? []).Field);
        Assert.Equal(Secret(9), Done(MerchantEdits.RotateSecret(full, Secret(9), TimeSpan.Zero, Later)).Secrets[^1]);
    }

    private static SigningSecret Secret(int number) => new(new(number, 0, 0, new byte[8]), $"sealed-{number}", Noon);

    private static MerchantRecord Done(MerchantEdit edit)
    {
        Assert.Null(edit.Refusal);
        return edit.Merchant ?? throw new InvalidOperationException("There is no merchant.");
    }
}
