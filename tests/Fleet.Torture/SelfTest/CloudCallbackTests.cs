using Fleet.Torture.Checking;
using Fleet.Torture.Cloud;

namespace Fleet.Torture.SelfTest;

/// <summary>What a receiver gets of an outcome when the proxy stands in between.</summary>
[Collection(CloudFixture.Name)]
public sealed class CloudCallbackTests(CloudFixture fixture)
{
    private const long Declined = 1100;

    private FaultProxy Proxy => fixture.Cloud.Proxy;

    [Theory]
    [InlineData(null, "failed")]
    [InlineData("CallbackTwice", "failed, failed")]
    [InlineData("CallbackForged", "successful, failed")]
    [InlineData("CallbackNever", "")]
    public async Task An_outcome_is_told_once_twice_wrongly_or_never(string? fault, string told)
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        if (fault is not null) Proxy.Plan.Next(CloudOperation.Create, Enum.Parse<CloudFault>(fault));

        var taken = await client.Create(fixture.Reader, reference, Declined, fixture.Receiver.ReturnUrl);

        var id = taken.Data.GetProperty("client_transaction_id").GetGuid();
        await Eventually.Equal(true, () => Task.FromResult(IsOver(reference, told)));
        Assert.Equal(told, string.Join(", ", Told(id)));
    }

    [Fact]
    public async Task A_callback_comes_before_the_answer_to_its_create()
    {
        using var client = await fixture.Client();
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.CallbackFirst);

        var taken = await client.Create(
            fixture.Reader, fixture.NewReference(), returnUrl: fixture.Receiver.ReturnUrl);

        Assert.Equal(["successful"], Told(taken.Data.GetProperty("client_transaction_id").GetGuid()));
    }

    [Fact]
    public async Task A_create_without_a_receiver_has_no_callback_that_could_go_wrong()
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        Proxy.Plan.Next(CloudOperation.Create, CloudFault.CallbackNever);

        await client.Create(fixture.Reader, reference);

        Assert.Null(Assert.Single(Proxy.Journal.CreatesOf(reference)).Fault);
    }

    [Fact]
    public async Task A_callback_that_its_receiver_did_not_take_comes_again()
    {
        using var client = await fixture.Client();
        var reference = fixture.NewReference();
        var answers = new Queue<int?>([503, 200]);
        await using var receiver = await Load.Receiver.Started((_, _) => Task.FromResult(answers.Dequeue()));

        await client.Create(fixture.Reader, reference, returnUrl: receiver.ReturnUrl);

        await Eventually.Equal("503, 200", () => Task.FromResult(string.Join(", ",
            Callbacks(reference).Select(call => call.Status))));
    }

    /// <summary>
    /// All callbacks of a create have come: those that were told, or the one that the proxy kept for itself.
    /// </summary>
    private bool IsOver(string reference, string told) => told.Length == 0
        ? Callbacks(reference).Any(call => !call.Forwarded)
        : Callbacks(reference).Count(call => call.Status is 200) == told.Split(", ").Length;

    private IEnumerable<CloudCall> Callbacks(string reference) => Proxy.Journal.Calls
        .Where(call => call.Operation is CloudOperation.Callback && call.ForeignId == reference);

    private IEnumerable<string?> Told(Guid clientId) =>
        fixture.Receiver.Posts.Where(post => post.ClientId == clientId).Select(post => post.Status);
}
