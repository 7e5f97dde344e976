namespace Fleet.Core.Tests;

public sealed class TillNameSpecs
{
    private const string Flag = "🇩🇰", Marks = "\u200e\u200f";

    [Theory]
    [InlineData("Bar 2", "Bar 2")]
    [InlineData("  Bar 2 ", "Bar 2")]
    [InlineData("\u00a0Bar\u3000", "Bar")]
    [InlineData("\u200eBar", "\u200eBar")]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void The_name_of_a_till_is_kept_without_blanks(string? text, string? name)
    {
        var fields = new FieldCheck();

        Assert.Equal(name, fields.CheckTill("till", text));
        Assert.Empty(fields.Errors);
    }

    [Theory]
    [InlineData(" ", "must have a character that can be seen")]
    [InlineData("\u3000\u00a0", "must have a character that can be seen")]
    [InlineData(Marks, "must have a character that can be seen")]
    [InlineData(" " + Marks + " ", "must have a character that can be seen")]
    [InlineData("Bar\n2", "must not contain control characters")]
    public void A_name_that_no_one_can_read_is_refused(string text, string why)
    {
        var fields = new FieldCheck();
        fields.CheckTill("till", text);

        Assert.Equal([new("till", why)], fields.Errors);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void The_length_is_counted_as_a_person_sees_it(int flags, bool fits)
    {
        var fields = new FieldCheck();
        fields.CheckTill("till", $" {string.Concat(Enumerable.Repeat(Flag, flags))} ");

        Assert.Equal(fits, fields.Errors.Count == 0);
    }
}
