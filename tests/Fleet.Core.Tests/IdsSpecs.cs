namespace Fleet.Core.Tests;

public sealed class IdsSpecs
{
    [Theory]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ65", true)]
    [InlineData("rdr_00000000000000000000000000", true)]
    [InlineData("rdr_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", true)]
    [InlineData("", false)]
    [InlineData("rdr_", false)]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ6", false)]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ655", false)]
    [InlineData("rdr_3msafm23ck82vstt4bn6rwsq65", false)]
    [InlineData("RDR_3MSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr-3MSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("xdr_3MSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr_IMSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr_LMSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr_OMSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr_UMSAFM23CK82VSTT4BN6RWSQ65", false)]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ6 ", false)]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ6\0", false)]
    [InlineData("rdr_3MSAFM23CK82VSTT4BN6RWSQ6٣", false)]
    public void A_reader_id_is_a_prefix_and_26_letters(string text, bool isReader) =>
        Assert.Equal(isReader, Ids.IsReader(text));

    [Theory]
    [InlineData("4WLFDSBF", "4W1FDSBF")]
    [InlineData("918MPQHZ", "918MPQHZ")]
    [InlineData("918MPQHZ7", "918MPQHZ7")]
    [InlineData("918mpqhz", "918MPQHZ")]
    [InlineData(" 918M-PQHZ ", "918MPQHZ")]
    [InlineData("9-1-8 M P Q H Z", "918MPQHZ")]
    [InlineData("OoIiLl00", "00111100")]
    [InlineData("UUUUUUUU", "UUUUUUUU")]
    public void A_pairing_code_is_read_as_people_type_it(string typed, string read)
    {
        Assert.True(Ids.TryReadPairingCode(typed, out var code));
        Assert.Equal(read, code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("        ")]
    [InlineData("--------")]
    [InlineData("918MPQH")]
    [InlineData("918MPQHZ77")]
    [InlineData("918MPQH!")]
    [InlineData("918MPQH\t")]
    [InlineData("918MPQHé")]
    [InlineData("918MPQHı")]
    [InlineData("９１８ＭＰＱＨＺ")]
    public void What_cannot_be_a_pairing_code_is_not_read(string? typed)
    {
        Assert.False(Ids.TryReadPairingCode(typed, out var code));
        Assert.Null(code);
    }

    [Fact]
    public void The_alphabet_leaves_out_letters_that_people_confuse()
    {
        Assert.Equal(32, Ids.Alphabet.Distinct().Count());
        Assert.Empty(Ids.Alphabet.Intersect("ILOU"));
        Assert.All(Ids.Alphabet, letter => Assert.True(char.IsAsciiDigit(letter) || char.IsAsciiLetterUpper(letter)));
    }
}
