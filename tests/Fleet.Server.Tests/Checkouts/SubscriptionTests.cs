using Fleet.Core.Readers;
using Fleet.Server.Changes;
using Fleet.Server.Checkouts;
using Microsoft.Extensions.Time.Testing;

namespace Fleet.Server.Tests;

/// <summary>What one node is told by another, when the way between them is bad.</summary>
public sealed class SubscriptionTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Node _there = new();
    private readonly Subscription _subscription;

    public SubscriptionTests() => _subscription = new(_there, _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_could_not_be_told_is_told_of_although_nothing_new_happens()
    {
        _there.Answers = false;
        _ = _subscription.SendUntilGone(Cancel);
        _subscription.QueueEvents([Happened]);
        await Eventually.Equal("1", () => Task.FromResult(_there.Heard));

        _there.Answers = true;
        await Eventually.Equal("1 0+gap", () => Task.FromResult(_there.Heard),
            () => _clock.Advance(TimeSpan.FromSeconds(1)));
        _subscription.QueueEvents([Happened]);
        await Eventually.Equal("1 0+gap 1", () => Task.FromResult(_there.Heard));
    }

    [Fact]
    public async Task What_overflows_a_queue_is_told_of()
    {
        foreach (var _ in Enumerable.Range(0, 16_385)) _subscription.QueueEvents([Happened]);
        _ = _subscription.SendUntilGone(Cancel);

        await Eventually.Equal("256+gap 256", () => Task.FromResult(string.Join(' ', _there.Heard.Split(' ').Take(2))));
    }

    [Fact]
    public async Task A_node_that_cannot_be_told_and_asks_no_more_is_given_up()
    {
        _there.Answers = false;
        var run = _subscription.SendUntilGone(Cancel);
        _subscription.QueueEvents([Happened]);
        await Eventually.Equal(true, () => Task.FromResult(run.IsCompleted),
            () => _clock.Advance(TimeSpan.FromSeconds(1)));

        Assert.False(_subscription.Renew());
    }

    [Fact]
    public async Task One_that_still_asks_is_told_again_and_again()
    {
        _there.Answers = false;
        var run = _subscription.SendUntilGone(Cancel);
        _subscription.QueueEvents([Happened]);
        await Eventually.Equal(true, () => Task.FromResult(_there.Heard.Split(' ').Length > 60), () =>
        {
            Assert.True(_subscription.Renew());
            _clock.Advance(TimeSpan.FromSeconds(1));
        });

        Assert.False(run.IsCompleted);
    }

    private static ReaderEvent Happened { get; } = new(EventKind.Accepted, new()
    {
        Id = Guid.NewGuid(), ClientTransactionId = Guid.NewGuid(), MerchantCode = "M", ReaderId = "R", Serial = "S",
        Firmware = "F",
        Terms = new() { Amount = new("EUR", 2, 1500) },
        AcceptedAt = default, ValidUntil = default, UpdatedAt = default, State = default,
    });

    /// <summary>
    /// A node that writes down how many events it was told at a time, and whether some before them were lost.
    /// </summary>
    private sealed class Node : IChangeExchange
    {
        private readonly List<string> _heard = [];

        public bool Answers { get; set; } = true;

        public string Heard
        {
            get
            {
                lock (_heard) return string.Join(' ', _heard);
            }
        }

        public Task<bool> SubscribeNode(SiloAddress node) => Task.FromResult(false);

        public Task DeliverEvents(IReadOnlyList<ReaderEvent> events, bool gap)
        {
            lock (_heard) _heard.Add($"{events.Count}{(gap ? "+gap" : "")}");
            return Answers ? Task.CompletedTask : Task.FromException(new TimeoutException());
        }
    }
}
