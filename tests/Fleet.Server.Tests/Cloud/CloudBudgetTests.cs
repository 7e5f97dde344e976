using Fleet.Server.Cloud;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests;

/// <summary>Which calls of a key may be sent, and when.</summary>
public sealed class CloudBudgetTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), TokenTime = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _clock = new();
    private readonly CloudBudget _budget;

    public CloudBudgetTests() => _budget = new(perSecond: 4, burst: 3, _clock);

    public void Dispose() => _budget.Dispose();

    [Fact]
    public async Task A_burst_goes_at_once_and_the_rest_at_the_rate()
    {
        await Spend(3);
        var fourth = Ask(CloudPriority.OpenPayment);
        Assert.Equal("0 0 1 0 0 0", Waiting);

        _clock.Advance(TokenTime - TimeSpan.FromMilliseconds(1));
        Assert.Equal("0 0 1 0 0 0", Waiting);
        _clock.Advance(TimeSpan.FromMilliseconds(1));

        await fourth.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Another_size_gives_no_turns_of_before_again()
    {
        await Spend(3);
        _budget.ChangeSize(8, 6);
        var fourth = Ask(CloudPriority.Payment);
        Assert.Equal((0, 1), _budget.Show());

        _clock.Advance(TokenTime / 2);
        await fourth.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((6, 0), _budget.Show());
        _budget.ChangeSize(1, 2);
        Assert.Equal((2, 0), _budget.Show());
    }

    [Fact]
    public async Task A_quiet_time_fills_no_more_than_one_burst()
    {
        await Spend(3);
        _clock.Advance(TimeSpan.FromHours(1));
        await Spend(3);

        _ = Ask(CloudPriority.Payment);

        Assert.Equal("1 0 0 0 0 0", Waiting);
    }

    [Fact]
    public async Task The_more_important_call_goes_first_however_late_it_came()
    {
        await Spend(3);
        Task[] calls =
        [
            Ask(CloudPriority.Sweep), Ask(CloudPriority.Status), Ask(CloudPriority.EarlyRead),
            Ask(CloudPriority.OpenPayment), Ask(CloudPriority.Result), Ask(CloudPriority.Payment),
        ];

        string[] waiting =
            ["0 1 1 1 1 1", "0 0 1 1 1 1", "0 0 0 1 1 1", "0 0 0 0 1 1", "0 0 0 0 0 1", "0 0 0 0 0 0"];
        foreach (var (left, goes) in waiting.Zip(calls.Reverse()))
        {
            _clock.Advance(TokenTime);
            Assert.Equal(left, Waiting);
            await goes.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Of_equally_important_calls_the_oldest_goes_first()
    {
        await Spend(3);
        var (first, second) = (Ask(CloudPriority.Status), Ask(CloudPriority.Status));

        _clock.Advance(TokenTime);
        await first.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.False(second.IsCompleted);
        Assert.Equal("0 0 0 0 1 0", Waiting);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_the_others_stay_open()
    {
        await Spend(3);
        for (var i = 0; i < CloudBudget.MaxWaiting; i++) _ = Ask(CloudPriority.Sweep);

        await Assert.ThrowsAsync<CloudWithheldException>(() => Ask(CloudPriority.Sweep));
        _ = Ask(CloudPriority.Payment);

        Assert.Equal($"1 0 0 0 0 {CloudBudget.MaxWaiting}", Waiting);
    }

    [Fact]
    public async Task A_call_that_gives_up_frees_its_place_and_pays_nothing()
    {
        await Spend(3);
        using var gives = new CancellationTokenSource();
        var gone = _budget.WaitTurn(CloudPriority.Payment, gives.Token).AsTask();
        var next = Ask(CloudPriority.Sweep);

        await gives.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal("0 0 0 0 0 1", Waiting);
        _clock.Advance(TokenTime);

        await next.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_call_that_was_given_up_before_is_not_let_in()
    {
        using var gives = new CancellationTokenSource();
        await gives.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _budget.WaitTurn(CloudPriority.Payment, gives.Token).AsTask());
        await Spend(3);
    }

    [Fact]
    public async Task While_the_cloud_wants_fewer_calls_only_payments_go()
    {
        _budget.Freeze(TimeSpan.FromSeconds(3));
        var read = Ask(CloudPriority.OpenPayment);
        var payment = Ask(CloudPriority.Payment);

        await payment.WaitAsync(Patience, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Equal("0 0 1 0 0 0", Waiting);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        await read.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_shorter_pause_does_not_end_a_longer_one()
    {
        _budget.Freeze(TimeSpan.FromSeconds(3));
        _budget.Freeze(TimeSpan.FromSeconds(1));
        var read = Ask(CloudPriority.Status);

        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("0 0 0 0 1 0", Waiting);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await read.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_pause_longer_than_a_minute_is_a_minute()
    {
        _budget.Freeze(TimeSpan.FromHours(1));
        var read = Ask(CloudPriority.Sweep);

        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal("0 0 0 0 0 1", Waiting);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await read.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_closed_account_lets_none_wait_for_ever()
    {
        await Spend(3);
        var waiting = Ask(CloudPriority.Status);

        _budget.Dispose();

        await Assert.ThrowsAsync<CloudWithheldException>(() => waiting);
        await Assert.ThrowsAsync<CloudWithheldException>(() => Ask(CloudPriority.Payment));
    }

    private string Waiting => string.Join(' ', Enum.GetValues<CloudPriority>().Select(_budget.CountWaiting));

    private Task Ask(CloudPriority priority) =>
        _budget.WaitTurn(priority, TestContext.Current.CancellationToken).AsTask();

    private async Task Spend(int calls)
    {
        for (var i = 0; i < calls; i++)
            await Ask(CloudPriority.Sweep).WaitAsync(Patience, TestContext.Current.CancellationToken);
    }
}
