namespace Fleet.Torture.Checking;

/// <summary>What receivers are told: each outcome as one event, even if a node dies meanwhile.</summary>
internal static class WebhookRules
{
    private const int Gone = 410;

    /// <summary>Clocks are read in microseconds; all processes of a run read the same one.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// An outcome with a receiver is one event with the checkout's id; and there are no others.
    /// </summary>
    public static Finding OneEvent(History history)
    {
        var wanted = history.Checkouts
            .Where(row => row.ReturnUrl is not null && row.State is not ("accepted" or "started")
                && !history.Lives[row.Id].IsRefused()).ToArray();
        var events = history.Events.ToLookup(row => row.ClientId);
        var broken = wanted.Select(row => events[row.ClientId].ToArray() switch
        {
            [] => $"{row.Id} is {row.State} and has no event",
            [var one] when one.Id != row.Id => $"{row.Id} has the event {one.Id}",
            [var one] when one.Url != row.ReturnUrl => $"{row.Id} is told to {one.Url} instead of {row.ReturnUrl}",
            [_] => null,
            var several => $"{row.Id} has the events {string.Join(", ", several.Select(one => one.Id))}",
        });
        var known = wanted.Select(row => (Guid?)row.ClientId).ToHashSet();
        var strange = history.Events.Where(row => !known.Contains(row.ClientId))
            .Select(row => $"event {row.Id} is about {row.ClientId}, which is no outcome with a receiver");
        return new("one event per outcome", $"{wanted.Length} outcomes, {history.Events.Count} events",
            [.. broken.OfType<string>(), .. strange]);
    }

    /// <summary>Every event was taken, or given up after its whole schedule or because its receiver was gone.</summary>
    public static Finding Ends(History history)
    {
        var posts = history.Posts.ToLookup(post => post.Id);
        var broken = history.Events.Select(row => row.State switch
        {
            "delivered" => posts[row.Id].Any(post => post.IsTaken) ? null : "is delivered, but no receiver took it",
            "dead" when row.Failures <= history.Plan.Retries && !posts[row.Id].Any(post => post.Answered is Gone) =>
                $"was given up after {row.Failures} failures",
            "dead" => null,
            var state => $"is {state} after {row.Attempts} attempts",
        } is { } wrong ? $"event {row.Id} {wrong}" : null);
        var states = history.Events.CountBy(row => row.State).OrderBy(one => one.Key, StringComparer.Ordinal);
        return new("every event ends", string.Join(", ",
            [.. states.Select(one => $"{one.Value} {one.Key}"), $"{history.Events.Sum(row => row.Attempts)} attempts",
                $"{history.Events.Sum(Unsettled)} of them without a word at the end"]),
            [.. broken.OfType<string>()]);

        // Of which nothing was written down: their nodes were killed, or the database was.
        static int Unsettled(EventRow row) => row.Attempts - row.Failures - (row.State is "delivered" ? 1 : 0);
    }

    /// <summary>All webhooks of an outcome have one id and one body, that of its event; no attempt sends two.</summary>
    public static Finding OneBody(History history)
    {
        var events = history.Events.ToDictionary(row => row.Id);
        var ids = from told in history.Posts.GroupBy(post => post.ClientId)
                  let seen = told.SelectMany(post => new[] { post.Id, post.BodyId }).Distinct().ToArray()
                  where seen is not [not null]
                  select $"the outcome of {told.Key} was told with the ids {string.Join(", ", seen)}";
        var bodies = from told in history.Posts.GroupBy(post => post.Id)
                     let row = events.GetValueOrDefault(told.Key ?? default)
                     where row is not null && told.Any(post => post.BodyHash != row.BodyHash)
                     select $"event {row.Id} was told with another body than is stored";
        var often = from told in history.Posts.GroupBy(post => post.Id)
                    let row = events.GetValueOrDefault(told.Key ?? default)
                    where row is not null && told.Count() > row.Attempts
                    select $"event {row.Id} was told {told.Count()} times in {row.Attempts} attempts";
        return new("one id and one body", $"{history.Posts.Count} webhooks, {Repeats(history)} of them repeats",
            [.. ids, .. bodies, .. often]);
    }

    /// <summary>A receiver is told what the ledger says, and not before it says so.</summary>
    public static Finding Truth(History history)
    {
        var rows = history.Checkouts.Where(row => row.ReturnUrl is not null).ToDictionary(row => row.ClientId);
        var broken = from post in history.Posts
                     let row = rows.GetValueOrDefault(post.ClientId ?? default)
                     let final = row is null ? null : history.Lives[row.Id]
                         .LastOrDefault(entry => LedgerRules.IsOutcome(entry.Kind))
                     where final is not null
                     let paid = final.Kind is "succeeded"
                     let so = (Status: paid ? "successful" : "failed", Reason: paid ? null : final.Reason)
                     where (post.Status, post.Reason) != so || post.At < final.At - Grain
                     select $"event {post.Id} at {post.At:HH:mm:ss.ffffff} told {post.Status} {post.Reason}, and it was"
                         + $" {so.Status} {so.Reason} at {final.At:HH:mm:ss.ffffff}";
        return new("told what is so", $"{history.Posts.Count} webhooks", [.. broken]);
    }

    /// <summary>Receivers are told only what is saved.</summary>
    public static Finding NothingElse(History history)
    {
        var known = history.Events.Select(row => (Guid?)row.Id).ToHashSet();
        return new("only events are told", $"{history.Posts.Count} webhooks",
            [.. history.Posts.Where(post => !known.Contains(post.Id))
                .Select(post => $"{post.Id} was told at {post.At:HH:mm:ss.ffffff} and is no event")]);
    }

    /// <summary>Webhooks beyond the first of each event.</summary>
    public static int Repeats(History history) =>
        history.Posts.Count - history.Posts.DistinctBy(post => post.Id).Count();
}
