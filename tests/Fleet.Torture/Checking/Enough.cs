namespace Fleet.Torture.Checking;

/// <summary>
/// A run in which nothing happened breaks no rule: so a run in which less happened than planned proves nothing.
/// </summary>
internal static class Enough
{
    public static Finding Happened(History history)
    {
        var plan = history.Plan;
        (string What, int Seen, int Planned)[] counts =
        [
            ("accepted", history.Accepted.DistinctBy(call => call.Checkout).Count(), plan.Accepted),
            ("charges", history.Devices.Sum(device => device.Charges.Count), plan.Charges),
            ("readers", history.Accepted.DistinctBy(call => call.Reader).Count(), plan.Readers),
            ("repeats", Repeats(history), plan.Repeats),
            ("events", history.Events.Count, plan.Events),
            ("webhooks repeated", WebhookRules.Repeats(history), plan.Retold),
            ("busy", history.Starts.Count(call => call.Refusal is "READER_BUSY"), plan.Busy),
            .. Enum.GetValues<FaultKind>().Select(kind => (kind.ToString(),
                history.Faults.Count(fault => fault.Kind == kind), plan.Faults.GetValueOrDefault(kind))),
        ];
        var unknown = history.Starts.Count(call => call.IsUnknown);
        return new("enough happened",
            string.Join(", ", counts.Where(one => one.Seen > 0).Select(one => $"{one.Seen} {one.What}"))
            + $", {unknown} unknown outcomes",
            [.. counts.Where(one => one.Seen < one.Planned)
                .Select(one => $"{one.What}: {one.Seen}, where {one.Planned} were planned")]);
    }

    private static int Repeats(History history) =>
        history.Starts.Where(call => call.Key is not null).GroupBy(call => call.Key).Sum(same => same.Count() - 1);
}
