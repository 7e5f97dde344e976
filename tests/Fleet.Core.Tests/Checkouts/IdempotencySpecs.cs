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
}
