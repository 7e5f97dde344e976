namespace Fleet.Core.Tests;

/// <summary>Times as callers write them.</summary>
public sealed class RequestTimeSpecs
{
    private const string Nine = "2026-03-01T09:00:00.000000Z";

    [Theory]
    [InlineData("2026-03-01", "2026-03-01T00:00:00.000000Z")]
    [InlineData("2026-03-01T09:00", Nine)]
    [InlineData("2026-03-01T09:00Z", Nine)]
    [InlineData("2026-03-01T09:00:00", Nine)]
    [InlineData("2026-03-01T09:00:00Z", Nine)]
    [InlineData("2026-03-01 09:00:00Z", Nine)]
    [InlineData("2026-03-01T10:00:00+01:00", Nine)]
    [InlineData("2026-03-01T10:00:00 01:00", Nine)] // a plus that was not escaped
    [InlineData("2026-03-01T08:00:00-0100", Nine)]
    [InlineData("2026-03-01T08:00:00-01", Nine)]
    [InlineData("2026-03-01T09:00:00.5Z", "2026-03-01T09:00:00.500000Z")]
    [InlineData("2026-03-01T09:00:00.000001000Z", "2026-03-01T09:00:00.000001Z")]
    public void A_time_is_read_as_clients_write_it(string text, string time) =>
        Assert.Equal(time, RequestTime.Read(text) is { } read ? Rfc3339.TextOf(read) : null);

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("10:00")]
    [InlineData("03/01/2026")]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-30")]
    [InlineData("2026-03-01T24:00:01Z")]
    [InlineData("2026-03-01T09:00:00.Z")]
    [InlineData("2026-03-01T09:00:00.0000000001Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:59-14:00")]
    public void What_is_no_time_is_not_read_as_one(string text) => Assert.Null(RequestTime.Read(text));

    [Fact]
    public void A_date_alone_is_read_only_where_it_may_be()
    {
        Assert.Null(RequestTime.Read("2026-03-01", mayBeDate: false));
        Assert.NotNull(RequestTime.Read("2026-03-01T00:00", mayBeDate: false));
    }

    [Theory]
    [InlineData(1_772_355_600, 0, Nine)]
    [InlineData(1_772_355_600, 1_999, "2026-03-01T09:00:00.000001Z")] // whole microseconds
    [InlineData(-1, 999_999_999, "1969-12-31T23:59:59.999999Z")]
    [InlineData(-62_135_596_800, 0, "0001-01-01T00:00:00.000000Z")]
    [InlineData(253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999Z")]
    public void The_time_of_a_message_is_read_in_microseconds(long seconds, int nanos, string time) =>
        Assert.Equal(time, RequestTime.Read(seconds, nanos) is { } read ? Rfc3339.TextOf(read) : null);

    [Theory]
    [InlineData(-62_135_596_801, 0)]
    [InlineData(253_402_300_800, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(long.MaxValue, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_000)]
    public void The_time_of_a_message_is_within_the_calendar(long seconds, int nanos) =>
        Assert.Null(RequestTime.Read(seconds, nanos));

    [Fact]
    public void A_wrong_time_is_refused_with_the_one_rule()
    {
        var fields = new FieldCheck();

        Assert.Null(fields.CheckTime("from", RequestTime.Read("yesterday")));
        Assert.Null(fields.CheckTime("to", RequestTime.Read(0, -1)));
        Assert.NotNull(fields.CheckTime("at", RequestTime.Read(0, 0)));
        Assert.Equal([new("from", RequestTime.Rule), new("to", "must be a time like 2026-03-01T09:00:00Z")],
            fields.Errors);
    }
}
