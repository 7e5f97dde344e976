using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>What may be given to link a merchant with SumUp.</summary>
public sealed class LinkFieldSpecs
{
    private readonly FieldCheck _fields = new();

    private string Wrong => string.Join(", ", _fields.Errors.Select(one => $"{one.Field} {one.Message}"));

    [Theory]
    [InlineData("https://api.sumup.com", false)]
    [InlineData("https://api.sumup.com/some/path", false)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("https://10.0.0.1", true)]
    public void An_address_with_https_or_of_a_test_is_right(string url, bool isTest) =>
        Assert.Null(LinkFields.FindWrongUrl(url, isTest));

    [Theory]
    [InlineData("api.sumup.com", true)]
    [InlineData("/v0.1", true)]
    [InlineData("http://127.0.0.1:8080", false)]
    [InlineData("http://api.sumup.com", true)]
    [InlineData("ftp://127.0.0.1", true)]
    [InlineData("https://api.sumup.com/", false)]
    [InlineData("https://me@api.sumup.com", false)]
    [InlineData("https://api.sumup.com?key=1", false)]
    [InlineData("https://api.sumup.com#top", false)]
    public void An_address_that_is_no_base_is_wrong(string url, bool isTest) =>
        Assert.NotNull(LinkFields.FindWrongUrl(url, isTest));

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("two\nlines")]
    [InlineData("schlüssel")]
    public void A_key_that_no_header_can_hold_is_wrong(string key)
    {
        _fields.RequireApiKey(key);

        Assert.StartsWith("api_key ", Wrong, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Length > 0 ? key : "key ''", Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_has_five_hundred_characters_at_most()
    {
        Assert.True(LinkFields.IsKey(new('k', 500)));
        Assert.False(LinkFields.IsKey(new('k', 501)));
        Assert.False(LinkFields.IsKey(null));
    }

    [Theory]
    [InlineData("", "", "")]
    [InlineData("app", "afk", "")]
    [InlineData("app", "", "affiliate_key is required together with affiliate_app_id")]
    [InlineData("", "afk", "affiliate_app_id is required together with affiliate_key")]
    [InlineData("a b", "a b", "affiliate_app_id must have at most 200 characters, which are letters, digits and "
        + "punctuation, affiliate_key must have at most 500 characters, which are letters, digits and punctuation")]
    public void The_affiliate_has_both_of_its_parts_or_none(string app, string key, string wrong)
    {
        var affiliate = _fields.CheckAffiliate(app, key);

        Assert.Equal(wrong, Wrong);
        Assert.Equal(app.Length + key.Length == 0, affiliate is null);
    }

    [Theory]
    [InlineData("", false, "")]
    [InlineData("https://api.sumup.com", true, "")]
    [InlineData("https://api.sumup.com", false, "base_url is for keys of the whole chain")]
    [InlineData("https://api.sumup.com/", true, "base_url must have no slash at its end, no query and no user")]
    public void Only_the_chain_says_where_the_keys_are_sent(string url, bool isOfChain, string wrong)
    {
        var told = _fields.CheckBaseUrl(url, isTest: false, isOfChain);

        Assert.Equal(wrong, Wrong);
        Assert.Equal(url.Length == 0, told is null);
    }

    [Theory]
    [InlineData(0, null, "")]
    [InlineData(1, 1, "")]
    [InlineData(100, 100, "")]
    [InlineData(101, 101, "burst must be between 1 and 100")]
    [InlineData(-1, -1, "burst must be between 1 and 100")]
    public void A_budget_has_bounds_and_zero_keeps_it(int given, int? taken, string wrong)
    {
        Assert.Equal(taken, _fields.CheckBudget("burst", given, 100));
        Assert.Equal(wrong, Wrong);
    }
}
