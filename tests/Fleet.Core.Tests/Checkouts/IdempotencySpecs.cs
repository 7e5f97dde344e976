namespace Fleet.Core.Tests;

/// <summary>When a request with an idempotency key is a repeat.</summary>
public sealed class IdempotencySpecs
{
    [Fact]
    public void The_same_request_with_the_same_key_is_repeated() =>
        Assert.Null(IdempotencyRules.CheckRepeat("coffee", "coffee"));

    [Fact]
    public void Another_request_with_the_same_key_is_always_refused() =>
        Assert.Equal(RefusalCode.KeyReused, IdempotencyRules.CheckRepeat("coffee", "cake")?.Code);

    [Fact]
    public void An_id_of_a_caller_for_another_payment_is_refused()
    {
        var (all, terms) = (new Reach(Ready.MerchantCode), Coffee.Terms);

        Assert.Null(IdempotencyRules.CheckSame(all, Ready.Id, terms with { }, CoffeePaid));
        Assert.All(
            new[]
            {
                IdempotencyRules.CheckSame(all, Ready.Id, terms with { FixedTip = 1 }, CoffeePaid),
                IdempotencyRules.CheckSame(all, Ready.Id, Cake.Terms, CoffeePaid),
                IdempotencyRules.CheckSame(all, "rdr_other", terms, CoffeePaid),
                IdempotencyRules.CheckSame(all with { Store = "elsewhere" }, Ready.Id, terms, CoffeePaid),
            },
            refusal => Assert.Equal(RefusalCode.CallersIdReused, refusal?.Code));
    }
}
