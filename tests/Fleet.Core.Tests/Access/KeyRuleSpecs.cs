using Fleet.Core.Access;

namespace Fleet.Core.Tests;

/// <summary>What a key may be made for.</summary>
public sealed class KeyRuleSpecs
{
    private const string Mine = "MMINE001", Other = "MOTHER01";

    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private static readonly KeyRequest Ask = new("till", "", MerchantIsKnown: true, "", ["readers.read"], 0);

    private static readonly KeyRights OfMerchant = new(Mine, Scopes.ReadersRead | Scopes.Admin, 50);

    private static readonly KeyRights OfChain = new(null, Scopes.All, 0);

    private readonly FieldCheck _fields = new();

    [Fact]
    public void A_key_that_is_good_is_replaced_once() =>
        Assert.Null(KeyRules.ReplaceKey(isGood: true, replacedBy: null));

    [Fact]
    public void A_key_that_is_over_cannot_be_replaced() =>
        Assert.Equal(RefusalCode.KeyNotActive, KeyRules.ReplaceKey(isGood: false, replacedBy: null)?.Code);

    [Fact]
    public void A_key_that_was_replaced_is_not_replaced_again() =>
        Assert.Equal(RefusalCode.KeyNotActive, KeyRules.ReplaceKey(isGood: true, Guid.NewGuid())?.Code);

    [Fact]
    public void A_key_is_made_for_the_merchant_of_its_maker() => Assert.Equal(
        new KeyTerms("till", Mine, null, Scopes.ReadersRead, null), MakeSoundKey(Ask, OfMerchant));

    [Fact]
    public void A_key_has_all_the_terms_that_were_asked_for() => Assert.Equal(
        new KeyTerms("till", Other, "store-1", Scopes.ReadersRead | Scopes.Admin, 7),
        MakeSoundKey(Ask with
        {
            MerchantCode = Other,
            Store = "store-1",
            Scopes = ["readers.read", "admin"],
            RequestsPerSecond = 7,
        }, OfChain));

    [Fact]
    public void A_key_of_the_chain_makes_another_of_the_chain() =>
        Assert.Null(MakeSoundKey(Ask, OfChain).MerchantCode);

    [Theory]
    [InlineData("", "is required")]
    [InlineData(" ", "is required")]
    [InlineData("100", null)]
    [InlineData("101", "must have at most 100 characters")]
    public void A_name_has_one_to_a_hundred_characters(string name, string? message) => Refuses(
        Ask with { Name = int.TryParse(name, out var length) ? new('x', length) : name }, OfMerchant, "name", message);

    [Theory]
    [InlineData(Mine, true, null)]
    [InlineData(Mine, false, "is not a merchant of this installation")]
    [InlineData(Other, true, "is beyond your key's reach")]
    [InlineData(Other, false, "is beyond your key's reach")]
    public void No_key_is_made_beyond_the_merchant_of_its_maker(string merchant, bool known, string? message) =>
        Refuses(Ask with { MerchantCode = merchant, MerchantIsKnown = known }, OfMerchant, "merchant_code", message);

    [Fact]
    public void A_key_of_the_chain_names_merchants_that_exist() => Refuses(
        Ask with { MerchantCode = Other, MerchantIsKnown = false }, OfChain, "merchant_code",
        "is not a merchant of this installation");

    [Fact]
    public void A_key_for_one_store_needs_a_merchant_too()
    {
        Refuses(Ask with { Store = "store-1" }, OfChain, "store", "needs a merchant_code");
        Refuses(Ask with { Store = "Store 1" }, OfMerchant, "store", Stores.StoreFields.IdRule);
    }

    [Theory]
    [InlineData("readers.read admin", null)]
    [InlineData("", "is required")]
    [InlineData("everything", "must be known words")]
    [InlineData("refunds.write", "must not have refunds.write, as your key does not")]
    public void No_key_may_do_more_than_its_maker(string words, string? message) => Refuses(
        Ask with { Scopes = words.Split(' ', StringSplitOptions.RemoveEmptyEntries) }, OfMerchant, "scopes", message);

    [Theory]
    [InlineData(50, 50, null)]
    [InlineData(51, 50, "must be from 0 to 50")]
    [InlineData(-1, 50, "must be from 0 to 50")]
    [InlineData(100_000, 0, null)]
    [InlineData(100_001, 0, "must be from 0 to 100000")]
    public void No_key_asks_more_often_than_its_maker(int rate, int own, string? message) => Refuses(
        Ask with { RequestsPerSecond = rate }, OfMerchant with { RequestsPerSecond = own }, "requests_per_second",
        message);

    [Theory]
    [InlineData(null, null)]
    [InlineData(1, null)]
    [InlineData(0, "must be in the future")]
    [InlineData(-1, "must be in the future")]
    public void A_key_ends_in_the_future_or_never(int? seconds, string? message)
    {
        DateTimeOffset? expires = seconds is { } given ? Now.AddSeconds(given) : null;

        Assert.Equal(expires, _fields.CheckExpiry(expires, Now));
        Assert.Equal(message is null ? [] : [new("expires_at", message)], _fields.Errors);
    }

    [Theory]
    [InlineData(Scopes.ReadersRead, null)]
    [InlineData(Scopes.ReadersRead | Scopes.Admin, null)]
    [InlineData(Scopes.RefundsWrite, "has scopes that your key does not have")]
    [InlineData(Scopes.RefundsWrite | Scopes.Admin, "has scopes that your key does not have")]
    public void No_key_replaces_one_that_may_do_more(Scopes replaced, string? message)
    {
        _fields.CheckReplaced(replaced, OfMerchant.Scopes);

        Assert.Equal(message is null ? [] : [new("key_id", message)], _fields.Errors);
    }

    private KeyTerms MakeSoundKey(KeyRequest ask, KeyRights own)
    {
        var terms = _fields.CheckKey(ask, own);
        Assert.Empty(_fields.Errors);
        return terms;
    }

    private static void Refuses(KeyRequest ask, KeyRights own, string field, string? message)
    {
        var fields = new FieldCheck();

        fields.CheckKey(ask, own);

        Assert.Equal(message is null ? [] : [new(field, message)], fields.Errors);
    }
}
