using Fleet.Server.Cloud;

namespace Fleet.Server.Tests;

/// <summary>What is removed from texts of exchanges, and what is not.</summary>
public sealed class ExchangeRedactionTests
{
    private static readonly CloudKey Key = new(CloudWorld.Secret);

    [Theory]
    [InlineData("4111111111111111", "[removed]")]
    [InlineData("of 4111-1111-1111-1111.", "of [removed].")]
    [InlineData("4111111111111112", "4111111111111112")] // no card has this number
    [InlineData("200100010001", "200100010001")] // the number of a reader
    [InlineData("00e33a36-c99b-4cb2-b635-b90c1455c9c8", "00e33a36-c99b-4cb2-b635-b90c1455c9c8")]
    [InlineData("?a=sup_sk_abc&b=1", "?a=[removed]&b=1")]
    [InlineData("Bearer x.y-z end", "[removed] end")]
    public void Only_what_looks_like_a_secret_is_removed(string text, string redacted) =>
        Assert.Equal(redacted, ExchangeRedaction.RedactText(text, Key));

    [Fact]
    public void A_long_body_is_cut_and_says_how_long_it_was()
    {
        var body = $$"""{"a":"{{new string('x', 100_000)}}"}""";

        var kept = ExchangeRedaction.RedactBody(body, Key);

        Assert.InRange($"{kept}".Length, ExchangeRedaction.MaxBody, ExchangeRedaction.MaxBody + 50);
        Assert.EndsWith($"({body.Length} characters)", kept, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("line\r\nbreak")]
    [InlineData("schlüssel")]
    public void A_key_that_no_header_can_carry_is_refused_without_showing_it(string secret)
    {
        var refused = Assert.Throws<ArgumentException>(() => new CloudKey(secret));

        if (secret.Length > 0) Assert.DoesNotContain(secret, refused.Message, StringComparison.Ordinal);
    }
}
