namespace Fleet.Core.Tests;

public sealed class CharactersSpecs
{
    private const string Family = "👨‍👩‍👧‍👦", Flag = "🇩🇰", Accented = "e\u0301";

    [Theory]
    [InlineData("", 0)]
    [InlineData("till", 4)]
    [InlineData(Family, 1)]
    [InlineData(Flag + Flag, 2)]
    [InlineData(Accented + "t" + Accented, 3)]
    [InlineData("नमस्ते", 4)]
    [InlineData("\r\n", 1)]
    public void A_character_is_what_a_person_sees_as_one(string text, int characters)
    {
        Assert.True(Characters.AreAtMost(characters, text));
        if (characters > 0) Assert.False(Characters.AreAtMost(characters - 1, text));
    }

    [Theory]
    [InlineData("coffee", 6, "coffee")]
    [InlineData("coffee", 5, "coff…")]
    [InlineData("coffee", 1, "…")]
    [InlineData("ab" + Flag, 6, "ab" + Flag)]
    [InlineData("ab" + Flag + "c", 6, "ab…")]
    [InlineData("a" + Family, 11, "a…")]
    [InlineData("a" + Accented + "bc", 4, "a" + Accented + "…")]
    public void A_long_text_is_cut_between_two_characters(string text, int units, string shown) =>
        Assert.Equal(shown, Characters.ShortenText(text, units));

    [Theory]
    [InlineData("x", 500, "")]
    [InlineData("x", 501, "name must have at most 500 characters")]
    [InlineData(Flag, 500, "")]
    [InlineData(Flag, 501, "name must have at most 500 characters")]
    [InlineData(Family, 200, "name must have at most 500 characters")]
    public void A_name_is_counted_in_characters_within_reason(string character, int times, string faults)
    {
        var fields = new FieldCheck();
        fields.CheckName(string.Concat(Enumerable.Repeat(character, times)));

        Assert.Equal(faults, string.Join("; ", fields.Errors.Select(error => $"{error.Field} {error.Message}")));
    }
}
