using Fleet.Core.Stores;

namespace Fleet.Core.Tests;

public sealed class StoreFieldsSpecs
{
    private static readonly string Longest = new('a', 64);

    [Theory]
    [InlineData("a")]
    [InlineData("store-42")]
    [InlineData("0_z")]
    public void An_id_of_a_store_has_plain_letters(string id)
    {
        var fields = new FieldCheck();

        Assert.Equal(id, fields.CheckStore("store", id));
        Assert.Empty(fields.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Store")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    public void What_is_no_id_is_refused_with_the_rule(string text)
    {
        var fields = new FieldCheck();

        fields.CheckStore("store", text);

        Assert.Equal([new("store", "must be 1 to 64 lower-case letters, digits, dashes or underscores")],
            fields.Errors);
    }

    [Fact]
    public void An_id_of_a_store_ends_by_its_64th_letter()
    {
        Assert.True(StoreFields.IsId(Longest));
        Assert.False(StoreFields.IsId(Longest + 'a'));
    }

    [Fact]
    public void A_tag_that_is_named_twice_counts_only_once()
    {
        var fields = new FieldCheck();

        Assert.Equal(["lane-1", "mobile"], fields.CheckTags("tags", ["lane-1", "mobile", "lane-1"]));
        Assert.Empty(fields.Errors);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(16, null)]
    [InlineData(17, "must be at most 16 tags")]
    public void A_reader_has_at_most_sixteen_tags_of_its_own(int count, string? message)
    {
        var fields = new FieldCheck();

        fields.CheckTags("tags", Enumerable.Range(1, count).Select(number => $"tag-{number}"));

        Assert.Equal(message is null ? [] : [new("tags", message)], fields.Errors);
    }

    [Fact]
    public void A_tag_that_is_none_is_named_by_its_place()
    {
        var fields = new FieldCheck();

        fields.CheckTags("tags", ["lane-1", "Lane 2", "lane-3"]);

        Assert.Equal([new("tags[1]", StoreFields.IdRule)], fields.Errors);
    }

    [Theory]
    [InlineData("918M-PQHZ", "918MPQHZ", null)]
    [InlineData("918M", null, "must have 8 or 9 letters and digits")]
    public void A_pairing_code_that_cannot_be_one_is_refused(string typed, string? code, string? message)
    {
        var fields = new FieldCheck();

        Assert.Equal(code, fields.CheckPairingCode(typed));
        Assert.Equal(message is null ? [] : [new("pairing_code", message)], fields.Errors);
    }
}
