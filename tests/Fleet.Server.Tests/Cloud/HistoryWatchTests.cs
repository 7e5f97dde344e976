using System.Text.Json;
using Fleet.Core.Checkouts;
using Fleet.Core.Cloud;
using Fleet.Server.Cloud;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests.Cloud;

/// <summary>The newest transactions of a merchant, which hint at the payments that ended.</summary>
public sealed class HistoryWatchTests
{
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly List<Checkout> _told = [];
    private readonly List<WireTransaction> _history = [];
    private readonly HistoryWatch _watch;
    private int _looks;

    public HistoryWatchTests() => _watch = new(
        () =>
        {
            _looks++;
            return Task.FromResult<IReadOnlyList<WireTransaction>>(_history);
        },
        _told.Add, _clock);

    [Fact]
    public async Task A_payment_in_the_history_is_told_and_read()
    {
        var open = Open(HistoryWatch.LeastOpen);
        _history.AddRange([Transaction(open[2], "SUCCESSFUL"), Transaction(open[4], "PENDING")]);

        await _watch.Tick();

        Assert.Equal([open[2].Id], _told.Select(one => one.Id));
    }

    [Fact]
    public async Task What_was_told_is_told_again_only_after_a_pause()
    {
        var open = Open(HistoryWatch.LeastOpen);
        _history.Add(Transaction(open[0], "FAILED"));

        await TickAfter(0, 3, 3);
        Assert.Single(_told);
        await TickAfter(6);

        Assert.Equal(2, _told.Count);
        Assert.Equal(4, _looks);
    }

    [Fact]
    public async Task Few_open_payments_need_no_look_at_the_history()
    {
        Open(HistoryWatch.LeastOpen - 1);

        await TickAfter(0, 3);

        Assert.Equal(0, _looks);
    }

    [Fact]
    public async Task Payments_that_are_not_read_any_more_are_not_watched()
    {
        Open(HistoryWatch.LeastOpen);

        await TickAfter(0, 1, 29, 3);

        Assert.Equal(1, _looks);
    }

    private async Task TickAfter(params int[] seconds)
    {
        foreach (var pause in seconds)
        {
            _clock.Advance(TimeSpan.FromSeconds(pause));
            await _watch.Tick();
        }
    }

    private List<Checkout> Open(int count)
    {
        var open = Enumerable.Range(0, count).Select(_ => Taken(Guid.NewGuid())).ToList();
        open.ForEach(_watch.NoteOpen);
        return open;
    }

    private Checkout Taken(Guid id) => new()
    {
        Id = id, ClientTransactionId = Guid.NewGuid(), MerchantCode = "MC", ReaderId = "rdr_a", Serial = "S",
        Firmware = "1.0", Terms = new() { Amount = new("EUR", 2, 1250) }, State = CheckoutState.Started,
        AcceptedAt = _clock.GetUtcNow(), UpdatedAt = _clock.GetUtcNow(), ValidUntil = _clock.GetUtcNow().AddSeconds(60),
        Cloud = new("rdr_cloud", CloudAttempt.ForeignIdOf(id), _clock.GetUtcNow()),
    };

    private static WireTransaction Transaction(Checkout checkout, string status) => WireTransaction.Read(
        JsonDocument.Parse(
            $$"""{"foreign_transaction_id":"{{checkout.Cloud?.ForeignId}}","status":"{{status}}"}""").RootElement);
}
