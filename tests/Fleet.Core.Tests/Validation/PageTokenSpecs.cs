namespace Fleet.Core.Tests;

/// <summary>Where the next page of a list begins, as callers get it and give it back.</summary>
public sealed class PageTokenSpecs
{
    private const string Id = "00112233-4455-6677-8899-aabbccddeeff";

    private static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private readonly FieldCheck _fields = new();

    [Fact]
    public void A_place_comes_back_from_its_token_as_it_was()
    {
        var token = PageToken.Write("rows", PageToken.WriteTime(At), Id, PageToken.WriteNumber(7));

        Assert.Equal((At, Guid.Parse(Id), 7), _fields.CheckPageToken("after", token, "rows", Read));
        Assert.Empty(_fields.Errors);
    }

    [Fact]
    public void Without_a_token_the_list_begins_at_its_beginning()
    {
        Assert.Null(_fields.CheckPageToken("after", null, "rows", Read));
        Assert.Empty(_fields.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("?")]
    [InlineData("cm93cw")] // the name of the list and no place
    [InlineData("cm93cyA_")]
    [InlineData("____")] // bytes that are no text
    public void What_no_page_gave_is_refused_with_the_rule(string token)
    {
        Assert.Null(_fields.CheckPageToken("after", token, "rows", Read));
        Assert.Equal([new("after", "must be the token of an earlier page of this list")], _fields.Errors);
    }

    [Fact]
    public void A_token_of_another_list_is_refused_with_the_rule()
    {
        var token = PageToken.Write("chains", PageToken.WriteTime(At), Id, PageToken.WriteNumber(7));

        Assert.Null(_fields.CheckPageToken("page_token", token, "rows", Read));
        Assert.Equal([new("page_token", PageToken.Rule)], _fields.Errors);
    }

    [Theory]
    [InlineData("=")]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("A")]
    public void A_token_to_which_something_was_added_is_refused(string more)
    {
        var token = PageToken.Write("rows", PageToken.WriteTime(At), Id, PageToken.WriteNumber(7));

        Assert.Null(_fields.CheckPageToken("page_token", token + more, "rows", Read));
        Assert.Equal([new("page_token", PageToken.Rule)], _fields.Errors);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_772_355_600_000_000)]
    public void A_time_in_a_token_is_whole_microseconds(long microseconds) => Assert.Equal(
        DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds),
        PageToken.ReadTime(PageToken.WriteTime(DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds))));

    [Fact]
    public void The_first_time_and_the_last_fit_a_token()
    {
        Assert.Equal(DateTimeOffset.MinValue, PageToken.ReadTime(PageToken.WriteTime(DateTimeOffset.MinValue)));
        Assert.Equal(DateTimeOffset.MaxValue.Date, PageToken.ReadTime(
            PageToken.WriteTime(DateTimeOffset.MaxValue))?.Date);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("9223372036854775807")] // beyond the year 9999
    [InlineData("-9223372036854775808")]
    [InlineData("9223372036854775808")]
    public void A_part_that_is_no_time_is_told_so(string part) => Assert.Null(PageToken.ReadTime(part));

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("12", 12L)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData("", null)]
    [InlineData("9223372036854775808", null)]
    public void A_number_in_a_token_is_not_below_zero(string part, long? number) =>
        Assert.Equal(number, PageToken.ReadNumber(part));

    [Theory]
    [InlineData(Id, true)]
    [InlineData("00112233445566778899aabbccddeeff", false)]
    [InlineData("", false)]
    public void An_id_in_a_token_has_its_plain_form(string part, bool known) =>
        Assert.Equal(known, PageToken.ReadId(part) is not null);

    private static (DateTimeOffset At, Guid Id, long Number)? Read(string[] parts) =>
        parts is [var time, var id, var number] && PageToken.ReadTime(time) is { } at
        && PageToken.ReadId(id) is { } known && PageToken.ReadNumber(number) is { } count
            ? (at, known, count)
            : null;
}
