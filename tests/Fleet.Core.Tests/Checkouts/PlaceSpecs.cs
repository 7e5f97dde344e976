using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

/// <summary>Places in a history, and what else is reckoned from times and ids.</summary>
public sealed class PlaceSpecs
{
    private static readonly DateTimeOffset OneSecond = DateTimeOffset.UnixEpoch.AddSeconds(1);

    [Theory]
    [InlineData(0, "00000000-03e8-7000-bf99-aabbccddeeff")]
    [InlineData(1, "00000000-03e8-7001-bf99-aabbccddeeff")] // of two microseconds the later one
    [InlineData(10, "00000000-03e8-7001-bf99-aabbccddeeff")]
    [InlineData(9_990, "00000000-03e8-73e7-bf99-aabbccddeeff")]
    [InlineData(10_000, "00000000-03e9-7000-bf99-aabbccddeeff")]
    public void A_place_is_a_time_and_then_the_thing(int ticks, string place) => Assert.Equal(
        Guid.Parse(place),
        HistoryKey.ForEvent(OneSecond.AddTicks(ticks), Guid.Parse("00112233-4455-6677-ff99-aabbccddeeff")));

    [Fact]
    public void The_place_before_a_time_has_nothing_behind_it()
    {
        Assert.Equal(Guid.Parse("00000000-03e8-7001-0000-000000000000"),
            HistoryKey.BeforeTime(OneSecond.AddMicroseconds(1)));
        Assert.Equal(Guid.Parse("00000000-0000-7000-0000-000000000000"),
            HistoryKey.BeforeTime(DateTimeOffset.MinValue));
    }

    [Fact]
    public void A_place_that_is_earlier_is_reckoned_in_time() => Assert.Equal(
        Guid.Parse("00000000-0bb8-7000-0000-000000000000"),
        HistoryKey.MoveEarlier(HistoryKey.ForEvent(OneSecond.AddSeconds(4), Guid.NewGuid()), TimeSpan.FromSeconds(2)));

    [Theory]
    [InlineData("00112233-4455-6677-8899-aabbccddeeff", true)]
    [InlineData("00112233-4455-6677-8899-AABBCCDDEEFF", true)]
    [InlineData(" 00112233-4455-6677-8899-aabbccddeeff", false)]
    [InlineData("00112233-4455-6677-8899-aabbccddeeff\n", false)]
    [InlineData("00112233445566778899aabbccddeeff", false)]
    [InlineData("{00112233-4455-6677-8899-aabbccddeeff}", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_uuid_is_read_in_its_plain_form_only(string? text, bool isUuid)
    {
        Assert.Equal(isUuid, Ids.IsUuid(text, out var id));
        if (isUuid) Assert.Equal(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), id);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(0, 0)]
    [InlineData(30, 30)]
    [InlineData(60, 60)]
    [InlineData(100, 60)]
    public void What_is_left_of_a_time_has_two_bounds(int until, int left) =>
        Assert.Equal(TimeSpan.FromSeconds(left), Deadline.TimeLeft(At(until), TimeSpan.FromSeconds(60), At(0)));

    [Fact]
    public void Only_what_was_charged_can_be_given_back()
    {
        var coffee = CoffeeAccepted;

        Assert.Equal(0, coffee.RefundableAmount());
        Assert.Equal(0, (coffee with { State = CheckoutState.Failed }).RefundableAmount());
        Assert.Equal(coffee.Terms.Amount.Value, (coffee with { State = CheckoutState.Successful }).RefundableAmount());
        Assert.Equal(TransactionStatus.Successful, (coffee with { State = CheckoutState.Successful }).GetStatus());
    }

    [Theory]
    [InlineData("POS 1", true)]
    [InlineData("№ 7-a", true)]
    [InlineData(" POS", false)]
    [InlineData("POS\u00a01", false)]
    [InlineData("POS\u2028", false)]
    [InlineData("POS\u2029x", false)]
    [InlineData("POS\u0007x", false)]
    [InlineData("POS\u200bx", false)]
    [InlineData("POS\ue000", false)]
    [InlineData("POS\u0378", false)]
    public void The_texts_of_a_device_can_be_printed(string text, bool valid)
    {
        Assert.Equal(valid, (Ready.Device with { Serial = text }).IsValid);
        Assert.Equal(valid, (Ready.Device with { Firmware = text }).IsValid);
    }
}
