using Fleet.Torture.Checking;

namespace Fleet.Torture.SelfTest;

/// <summary>Runs in which receivers were told wrongly, twice, or not at all.</summary>
internal static class WebhookBreaks
{
    public static readonly IReadOnlyList<Breakage> All =
    [
        new("an outcome has no event", "enough happened, one event per outcome", draft =>
        {
            draft.Events.RemoveAll(row => row.Id == Breaks.IdOf(4));
            draft.Posts.RemoveAll(post => post.Id == Breaks.IdOf(4));
        }),
        new("an outcome has two events", "one event per outcome",
            draft => draft.Events.Add(Event(draft, 2) with { Id = Guid.Empty })),
        new("an event has another id than its checkout", "one event per outcome", draft =>
        {
            ChangeEvent(draft, 4, row => row with { Id = Guid.Empty });
            ChangePosts(draft, 4, post => post with { Id = Guid.Empty, BodyId = Guid.Empty });
        }),
        new("an event goes to another address", "one event per outcome",
            draft => ChangeEvent(draft, 4, row => row with { Url = "http://elsewhere.test" })),
        new("an event of an outcome without a receiver", "one event per outcome",
            draft => Breaks.Row(draft, 4, row => row with { ReturnUrl = null })),
        new("an event of a checkout that has not ended", "every checkout ends, one event per outcome", draft =>
        {
            var told = Event(draft, 10);
            var end = Breaks.Entry(draft, 10, Breaks.Last);
            Breaks.Forget(draft, 10);
            draft.Ledger.Remove(end);
            draft.Events.Add(told);
            Breaks.Row(draft, 10, row => row with { State = "started" });
        }),
        new("an event of what SumUp refused, of which the till knows", "one event per outcome", draft =>
        {
            var row = draft.Checkouts.Single(row => row.Id == Draft.RefusedId);
            draft.Events.Add(Event(draft, 2) with { Id = row.Id, ClientId = row.ClientId });
        }),
        new("an event of nothing", "one event per outcome",
            draft => draft.Events.Add(Event(draft, 2) with { Id = Guid.Empty, ClientId = Guid.Empty })),
        new("an event is never delivered", "every event ends",
            draft => ChangeEvent(draft, 4, row => row with { State = "waiting" })),
        new("an event counts as delivered that no receiver took", "every event ends",
            draft => ChangePosts(draft, 4, post => post with { Answered = null })),
        new("an event is given up too early", "every event ends",
            draft => ChangeEvent(draft, 2, row => row with { Failures = 2 })),
        new("an event is given up because its receiver is gone, and it is not", "every event ends",
            draft => ChangePosts(draft, 3, post => post with { Answered = 500 })),
        new("a repeat has an id of its own", "enough happened, one id and one body, only events are told",
            draft => ChangePost(draft, First(draft, 1), post => post with { Id = Guid.Empty })),
        new("a repeat has another id in its body", "one id and one body",
            draft => ChangePost(draft, First(draft, 1), post => post with { BodyId = Guid.Empty })),
        new("a repeat has another body", "one id and one body",
            draft => ChangePost(draft, First(draft, 1), post => post with { BodyHash = "another" })),
        new("all that is sent is not what is stored", "one id and one body",
            draft => ChangePosts(draft, 1, post => post with { BodyHash = "another" })),
        new("one attempt sends two webhooks", "one id and one body",
            draft => ChangeEvent(draft, 1, row => row with { Attempts = 1 })),
        new("a receiver is told of a success that was none", "told what is so",
            draft => ChangePosts(draft, 2, post => post with { Status = "successful", Reason = null })),
        new("a receiver is told another reason", "told what is so",
            draft => ChangePosts(draft, 2, post => post with { Reason = "expired" })),
        new("a receiver is told before it is so", "told what is so",
            draft => ChangePosts(draft, 4, post => post with
            {
                At = Breaks.Entry(draft, 4, Breaks.Last).At.AddSeconds(-1),
            })),
        new("a receiver is told what is no event", "only events are told",
            draft => draft.Posts.Add(
                First(draft, 4) with { Id = Guid.Empty, BodyId = Guid.Empty, ClientId = Guid.Empty })),
        new("a receiver is told what says nothing", "one id and one body, only events are told",
            draft => draft.Posts.Add(new() { At = default, BodyHash = "nothing" })),
        new("fewer outcomes to be told than planned", "enough happened",
            draft => draft.Plan = draft.Plan with { Events = 11 }),
        new("fewer webhooks repeated than planned", "enough happened",
            draft => draft.Plan = draft.Plan with { Retold = draft.Plan.Retold + 1 }),
    ];

    private static EventRow Event(Draft draft, int sale) => draft.Events.Single(row => row.Id == Breaks.IdOf(sale));

    private static Post First(Draft draft, int sale) => draft.Posts.First(post => post.Id == Breaks.IdOf(sale));

    private static void ChangeEvent(Draft draft, int sale, Func<EventRow, EventRow> change) =>
        Breaks.Change(draft.Events, Event(draft, sale), change);

    private static void ChangePost(Draft draft, Post one, Func<Post, Post> change) =>
        Breaks.Change(draft.Posts, one, change);

    private static void ChangePosts(Draft draft, int sale, Func<Post, Post> change)
    {
        foreach (var post in draft.Posts.FindAll(post => post.Id == Breaks.IdOf(sale))) ChangePost(draft, post, change);
    }
}
