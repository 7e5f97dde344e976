using System.Globalization;

namespace Fleet.Core.Tests;

public sealed class MajorAmountSpecs
{
    private static readonly Money Euro = new("EUR", 2, 1), Forint = new("HUF", 0, 1);

    [Theory]
    [InlineData("0.01", 1)]
    [InlineData("5", 500)]
    [InlineData("5.00", 500)]
    [InlineData("5.000000000000000", 500)] // 15 digits after the point are exact
    [InlineData("9999999999.99", Money.MaxValue)]
    public void An_amount_in_euro_is_read_in_cents(string major, long minor) =>
        Assert.Equal((minor, ""), Read(major, Euro));

    [Theory]
    [InlineData("1", 1)]
    [InlineData("1500.0", 1500)]
    [InlineData("999999999999", Money.MaxValue)]
    public void An_amount_of_a_currency_without_decimals_is_whole(string major, long minor) =>
        Assert.Equal((minor, ""), Read(major, Forint));

    [Theory]
    [InlineData("0")]
    [InlineData("0.00")]
    [InlineData("-0.01")]
    [InlineData("-5")]
    public void Nothing_and_less_than_nothing_are_no_amount(string major) =>
        Assert.Equal((null, "amount must be greater than zero"), Read(major, Euro));

    [Theory]
    [InlineData("1000000000000")]
    [InlineData("999999999999.01")]
    [InlineData("79228162514264337593543950335")] // the largest decimal there is
    public void An_amount_above_the_largest_number_is_refused(string major) =>
        Assert.Equal((null, "amount is too large"), Read(major, Euro));

    [Theory]
    [InlineData("5.005")]
    [InlineData("0.001")]
    [InlineData("5.0000000000000000")] // 16 digits after the point may have been rounded
    public void An_amount_with_more_decimals_is_never_rounded(string major) =>
        Assert.Equal((null, "amount must have at most 2 decimals"), Read(major, Euro));

    [Fact]
    public void What_is_wrong_names_the_decimals_of_the_currency() =>
        Assert.Equal((null, "amount must have at most 0 decimals"), Read("5.5", Forint));

    [Fact]
    public void An_amount_that_is_missing_is_no_error() => Assert.Equal((null, ""), Read(null, Euro));

    /// <summary>The amount in minor units, and what is wrong.</summary>
    private static (long? Minor, string Wrong) Read(string? major, Money money)
    {
        var fields = new FieldCheck();
        decimal? amount = major is null ? null : decimal.Parse(major, CultureInfo.InvariantCulture);
        var minor = fields.CheckMajorAmount("amount", amount, money);
        return (minor, string.Join(", ", fields.Errors.Select(error => $"{error.Field} {error.Message}")));
    }
}
