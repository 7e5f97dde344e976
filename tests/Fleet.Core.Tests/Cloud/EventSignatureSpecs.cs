using Fleet.Core.Cloud;

namespace Fleet.Core.Tests;

/// <summary>Which events SumUp has signed.</summary>
public sealed class EventSignatureSpecs
{
    private const string Secret = "event-secret", Body = """{"type":"readers.deleted"}""";

    /// <summary>Computed with another program: HMAC-SHA256 of <c>v1:1768478400:</c> and the body.</summary>
    private const string Good = "120b25c607f759ed89b3138ceb349e8936d119b0c17ddd22538acdfb6f19cf0d";

    private static readonly string Time = $"{Noon.ToUnixTimeSeconds()}";

    [Fact]
    public void A_body_with_its_signature_is_of_SumUp() => Assert.True(IsGood($"t={Time},v1={Good}"));

    [Fact]
    public void One_good_signature_among_several_is_enough()
    {
        Assert.True(IsGood($"t={Time}, v1={new string('0', 64)}, v1={Good}"));
        Assert.True(IsGood($"t={Time},v1={Good.ToUpperInvariant()}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("t=1768478400")]
    [InlineData("v1=" + Good)]
    [InlineData("t=soon,v1=" + Good)]
    [InlineData("t=-1768478400,v1=" + Good)]
    [InlineData("t=99999999999999,v1=" + Good)]
    [InlineData("t=1768478401,v1=" + Good)]
    [InlineData("t=1768478400,v2=" + Good)]
    [InlineData("t=1768478400,v1=")]
    public void A_header_that_does_not_fit_is_refused(string header) => Assert.False(IsGood(header));

    [Fact]
    public void Another_body_and_another_secret_do_not_fit()
    {
        Assert.False(EventSignature.IsGood($"t={Time},v1={Good}", "{}"u8, Secret, Noon));
        Assert.False(IsGood($"t={Time},v1={Good}", secret: "another"));
    }

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void An_event_is_taken_for_five_minutes_only(int seconds, bool isTaken) =>
        Assert.Equal(isTaken, IsGood($"t={Time},v1={Good}", at: seconds));

    [Fact]
    public void A_header_that_is_too_long_is_not_read() =>
        Assert.False(IsGood($"t={Time},v1={Good},{new string('x', 1_000)}"));

    private static bool IsGood(string header, string secret = Secret, double at = 0) =>
        EventSignature.IsGood(header, System.Text.Encoding.UTF8.GetBytes(Body), secret, At(at));
}
