using System.Text.Json;
using static Fleet.Core.Tests.Requests;

namespace Fleet.Core.Tests;

public sealed class AffiliateSpecs
{
    [Fact]
    public void A_live_merchant_always_names_its_affiliate() =>
        Assert.Equal("affiliate is required", Plain.Faults(Live));

    [Fact]
    public void A_sandbox_merchant_may_leave_out_the_affiliate() =>
        Assert.Null(Plain.Terms(Sandbox).Affiliate);

    [Theory]
    [InlineData(null, "k", "f", "affiliate.app_id is required")]
    [InlineData("", "k", "f", "affiliate.app_id is required")]
    [InlineData(" ", "k", "f", "affiliate.app_id is required")]
    [InlineData("a", null, "f", "affiliate.key is required")]
    [InlineData("a", "\t", "f", "affiliate.key is required")]
    [InlineData("a", "", "f", "affiliate.key is required")]
    [InlineData("a", "k", null, "affiliate.foreign_transaction_id is required")]
    [InlineData("a", "k", "", "affiliate.foreign_transaction_id is required")]
    [InlineData("a", "k", "\u00a0", "affiliate.foreign_transaction_id is required")]
    [InlineData("a", null, null, "affiliate.key is required; affiliate.foreign_transaction_id is required")]
    [InlineData("a", "k", "f", "")]
    public void Each_missing_member_of_an_affiliate_is_named(string? app, string? key, string? foreign, string faults)
    {
        var affiliate = new AffiliateRequest { AppId = app, Key = key, ForeignTransactionId = foreign };

        Assert.Equal(faults, (Plain with { Affiliate = affiliate }).Faults(Sandbox));
        Assert.Equal(faults, (Plain with { Affiliate = affiliate }).Faults(Live));
    }

    [Theory]
    [InlineData(255, "")]
    [InlineData(256, "affiliate.foreign_transaction_id must have at most 255 characters")]
    public void A_foreign_transaction_id_has_at_most_255_characters(int length, string faults)
    {
        var affiliate = Affiliate with { ForeignTransactionId = new('f', length) };

        Assert.Equal(faults, (Plain with { Affiliate = affiliate }).Faults());
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(64, "")]
    [InlineData(65, "affiliate.tags must have at most 64 members")]
    public void An_affiliate_carries_at_most_sixty_four_tags(int count, string faults)
    {
        var tags = JsonSerializer.SerializeToElement(Enumerable.Range(1, count).ToDictionary(i => $"tag{i}", i => i));

        Assert.Equal(faults, (Plain with { Affiliate = Affiliate with { Tags = tags } }).Faults());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"lane 4\"")]
    [InlineData("4")]
    [InlineData("true")]
    public void Tags_that_are_not_an_object_are_refused(string json)
    {
        var affiliate = Affiliate with { Tags = JsonSerializer.Deserialize<JsonElement>(json) };

        Assert.Equal("affiliate.tags must be an object", (Plain with { Affiliate = affiliate }).Faults());
    }

    [Fact]
    public void Tags_that_are_undefined_count_as_absent_ones()
    {
        var affiliate = Affiliate with { Tags = default(JsonElement) };

        Assert.Null((Plain with { Affiliate = affiliate }).Terms().Affiliate?.Tags);
    }

    [Theory]
    [InlineData("null", null)]
    [InlineData("""{ "lane":4.0, "b":[1, "x"] }""", """{ "lane":4.0, "b":[1, "x"] }""")]
    public void Tags_are_kept_as_the_text_they_came_in(string json, string? kept)
    {
        var tags = JsonSerializer.Deserialize<JsonElement>(json);

        Assert.Equal(kept, (Plain with { Affiliate = Affiliate with { Tags = tags } }).Terms().Affiliate?.Tags);
    }
}
