namespace Fleet.Torture.Checking;

/// <summary>The verdict on a run against a stand-in of SumUp's cloud.</summary>
internal static class CloudVerdict
{
    private static readonly Func<CloudHistory, Finding>[] Rules =
    [
        Happened, CloudRules.OneRequest, CloudRules.SavedFirst, CloudRules.Successes, CloudRules.Charges,
        CloudRules.Amounts, CloudRules.Ends, CloudRules.Refusals, CloudRules.GivenUp,
        CloudRules.Ids,
    ];

    public static Verdict Of(CloudHistory history) => new([.. Rules.Select(rule => rule(history))]);

    private static Finding Happened(CloudHistory history)
    {
        var plan = history.Plan;
        var faults = history.Calls
            .Where(call => call.Fault is not null && call.Operation is not CloudOperation.Callback)
            .Select(call => call.Fault ?? default).CountBy(fault => fault).ToDictionary();
        (string What, int Seen, int Planned)[] counts =
        [
            ("checkouts", history.Sent.Count, 1),
            ("accepted", history.Calls.Count(call => call.IsAccepted), plan.Accepted),
            ("successes", history.Checkouts.Count(row => row.State is "successful"), plan.Successes),
            ("faults", faults.Values.Sum(), plan.Faults),
            ("not started", history.Checkouts.Count(row => row.IsNotStarted), plan.NotStarted),
        ];
        var kinds = plan.Kinds.Select(kind => (What: $"{kind.Key}", Seen: faults.GetValueOrDefault(kind.Key),
            Planned: kind.Value));
        var few = counts.Select(one => one with { Planned = Math.Max(one.What is "not started" ? 0 : 1, one.Planned) })
            .Concat(kinds)
            .Where(one => one.Seen < one.Planned)
            .Select(one => $"{one.What}: {one.Seen}, where {one.Planned} were planned");
        var unknown = history.Checkouts.Count(row => row.IsUnknown);
        var many = unknown > plan.MostUnknown
            ? [$"unknown: {unknown}, where {plan.MostUnknown} may be left"] : Array.Empty<string>();
        return new("enough happened",
            string.Join(", ", [.. counts.Select(one => $"{one.Seen} {one.What}"), $"{unknown} unknown",
                .. faults.OrderBy(one => one.Key).Select(one => $"{one.Value} {one.Key}")]),
            [.. few, .. many]);
    }
}
