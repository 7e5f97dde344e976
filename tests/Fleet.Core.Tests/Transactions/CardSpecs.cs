using Fleet.Core.Transactions;

namespace Fleet.Core.Tests;

public sealed class CardSpecs
{
    [Fact]
    public void Only_card_schemes_that_clients_know_are_told() => Assert.Equal(
        [
            "ALELO", "AMEX", "CONECS", "CUP", "DINERS", "DISCOVER", "EFTPOS", "ELO", "ELV", "GIROCARD", "HIPERCARD",
            "INTERAC", "JCB", "MAESTRO", "MASTERCARD", "PLUXEE", "SWILE", "TICKET", "UNKNOWN", "VISA", "VISA_ELECTRON",
            "VISA_VPAY", "VPAY", "VR",
        ],
        CardRead.Schemes.Order(StringComparer.Ordinal));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public void An_authorisation_code_is_kept_up_to_sixteen_letters(int length, bool kept)
    {
        var code = new string('A', length);

        Assert.Equal(kept ? code : null, CardRead.FromDevice("4242", "VISA", EntryMode.Chip, code)?.AuthCode);
    }
}
