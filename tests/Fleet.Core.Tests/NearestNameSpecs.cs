namespace Fleet.Core.Tests;

public sealed class NearestNameSpecs
{
    private static readonly string[] Known = ["--storage", "--sandbox", "--sandbox-readers", "--data", "changes"];

    [Theory]
    [InlineData("--storag", "--storage")]
    [InlineData("--STORAGE", "--storage")]
    [InlineData("--sandbox-reader", "--sandbox-readers")]
    [InlineData("--sandbx", "--sandbox")]
    [InlineData("change", "changes")]
    [InlineData("--dtaa", "--data")]
    [InlineData("items", null)]
    [InlineData("--port", null)]
    [InlineData("", null)]
    public void A_misspelt_name_is_told_the_nearest_known_one(string typed, string? nearest) =>
        Assert.Equal(nearest, NearestName.Find(typed, Known));

    [Fact]
    public void A_very_long_text_has_no_nearest_known_name() =>
        Assert.Null(NearestName.Find(new string('a', 101), [new string('a', 101)]));
}
