using Fleet.Protocol;

namespace Fleet.Server.Tests;

/// <summary>
/// Every way a checkout of 15.00 EUR can go, played by a device and a till, and what is true of it afterwards.
/// </summary>
internal sealed class Endings(FleetApp fleet)
{
    private const string Approved = "accepted started succeeded", Failed = "accepted started failed";
    private const string Cancelled = "accepted started cancelled", Stopped = "accepted cancelled";
    private const string Raced = "accepted started terminate_requested";

    /// <summary>The window may have to pass before these are final.</summary>
    public const string ExpiredThenCharged = "expired, then charged";

    /// <summary>What only SumUp's cloud says, and no device.</summary>
    public static readonly string[] ReasonsOfCloud = ["refused_by_provider", "not_started"],
        KindsOfCloud = ["confirmed", "refused", "doubted", "refund_begun", "refund_dropped", "refund_doubted",
            "refund_disputed"];

    /// <summary>What only time brings; other tests play it.</summary>
    public static readonly string[] ReasonsOfTime = ["released_by_operator", "deadline"];

    public static readonly IReadOnlyList<Ending> All =
    [
        new("approved", "successful", null, Approved),
        new("tipped", "successful", null, Approved, Tip: 150),
        new("declined", "failed", "declined", Failed),
        new("wrong_pin", "failed", "wrong_pin", Failed),
        new("card_removed", "failed", "card_removed", Failed),
        new("reader_lost", "failed", "reader_lost", Failed),
        new("customer_cancelled", "cancelled", "customer_cancelled", Cancelled),
        new("no_card_in_time", "cancelled", "no_card_in_time", Cancelled),
        new("terminated", "cancelled", "terminated", Stopped),
        new("terminated late", "cancelled", "terminated", $"{Raced} cancelled"),
        new("too late", "successful", null, $"{Raced} succeeded"),
        new("too late, and declined", "failed", "declined", $"{Raced} failed"),
        new("unpaired", "cancelled", "terminated", Stopped),
        new("unpaired late", "cancelled", "terminated", $"{Raced} cancelled"),
        new("unpaired too late", "successful", null, $"{Raced} succeeded"),
        new("expired", "cancelled", "expired", Stopped),
        new(ExpiredThenCharged, "cancelled", "expired", $"{Stopped} disputed"),
        new("charged without a grant", "cancelled", "expired", "accepted disputed cancelled"),
        new("charged another amount", "successful", null, "accepted started disputed succeeded"),
        new("contradicted twice", "cancelled", "terminated", "accepted started disputed cancelled disputed"),
        new("recorded as paid", "successful", null, "accepted started disputed succeeded"),
        new("recorded as failed", "failed", "recorded_by_operator", "accepted started disputed failed"),
        new("recorded as cancelled", "cancelled", "recorded_by_operator", "accepted started disputed cancelled"),
        new("declined, then charged", "failed", "declined", $"{Failed} disputed"),
        new("refunded", "successful", null, $"{Approved} refunded", Refunds: "1500"),
        new("refunded in part", "successful", null, $"{Approved} refunded refunded", Refunds: "400 50"),
        new("refunded with its tip", "successful", null, $"{Approved} refunded", Tip: 150, Refunds: "1650"),
    ];

    /// <summary>Plays one. Windows go by later: until then what is to expire is open.</summary>
    public async Task Play(Ending ending, TestDevice device, Guid id)
    {
        switch (ending.Name)
        {
            case "expired" or ExpiredThenCharged:
                return;
            case "terminated":
                await Terminate(device);
                return;
            case "unpaired":
                await Unpair(device);
                return;
            case "charged without a grant":
                await device.Approve(id);
                return;
        }
        Assert.True(await device.AskStart(id));
        await Finish(ending, device, id);
    }

    private async Task Finish(Ending ending, TestDevice device, Guid id)
    {
        switch (ending.Name)
        {
            case "declined" or "wrong_pin" or "card_removed" or "reader_lost":
                await Report(device, id, Outcomes.Failed, ending.Reason);
                break;
            case "customer_cancelled" or "no_card_in_time":
                await Report(device, id, Outcomes.Cancelled, ending.Reason);
                break;
            case "terminated late":
                await Terminate(device);
                await device.Report(new Terminated(device.Epoch, id));
                break;
            case "too late":
                await Terminate(device);
                await device.Send(new TooLate(device.Epoch, id));
                await device.Approve(id);
                break;
            case "too late, and declined":
                await Terminate(device);
                await Report(device, id, Outcomes.Failed, Reasons.Declined);
                break;
            case "unpaired late":
                await Unpair(device);
                await device.Report(new Terminated(device.Epoch, id));
                break;
            case "unpaired too late":
                await Unpair(device);
                await device.Approve(id);
                break;
            case "charged another amount":
                await device.Approve(id, amount: 1501);
                await device.Approve(id);
                break;
            case "contradicted twice":
                await device.Approve(id, amount: 1501);
                await device.Report(new Terminated(device.Epoch, id));
                await device.Approve(id);
                break;
            case "recorded as paid" or "recorded as failed" or "recorded as cancelled":
                await device.Approve(id, amount: 1501);
                await Record(id, ending.Status.ToUpperInvariant());
                break;
            case "declined, then charged":
                await Report(device, id, Outcomes.Failed, Reasons.Declined);
                await device.Approve(id);
                break;
            default:
                await device.Approve(id, tip: ending.Tip);
                foreach (var part in ending.Parts) await Refund(id, part / 100m);
                break;
        }
    }

    private static Task<Ack> Report(TestDevice device, Guid id, string outcome, string? reason) =>
        device.Report(new Result(device.Epoch, id, outcome, reason));

    private async Task Terminate(TestDevice device)
    {
        using var answer = await fleet.Till.Post($"readers/{device.ReaderId}/terminate", new { });
        Assert.Equal(202, (int)answer.StatusCode);
    }

    private async Task Unpair(TestDevice device)
    {
        using var answer = await fleet.Till.Delete($"readers/{device.ReaderId}");
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
    }

    private async Task Record(Guid id, string outcome)
    {
        using var answer = await fleet.Till.Post(
            $"/fleet/v1/checkouts/{id}/outcome", new { outcome, reason = "seen", reference = "7" });
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private async Task Refund(Guid id, decimal amount)
    {
        using var answer = await fleet.Till.Post(
            $"/v1.0/merchants/{FleetApp.Merchant}/payments/{id}/refunds", new { amount });
        Assert.Equal(201, (int)answer.StatusCode);
    }
}

/// <summary>What is true of a checkout after all of its events; amounts in minor units.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Status">In the words of Get checkout.</param>
/// <param name="Reason">Why nothing was charged.</param>
/// <param name="Events">The ledger's, in order.</param>
/// <param name="Tip">Charged on top.</param>
/// <param name="Refunds">Given back, in order.</param>
internal sealed record Ending(
    string Name, string Status, string? Reason, string Events, long Tip = 0, string Refunds = "")
{
    public string[] Kinds => Events.Split(' ');

    public long[] Parts => [.. Refunds.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];

    public long Total => 1500 + Tip;

    public long Refunded => Parts.Sum();

    /// <summary>In the words of the Transactions API.</summary>
    public string Transaction => Refunded > 0 ? "REFUNDED" : Status.ToUpperInvariant();

    public bool Disputed => Kinds.Contains("disputed");

    /// <summary>Its reader was deleted meanwhile.</summary>
    public bool LostItsReader => Name.StartsWith("unpaired", StringComparison.Ordinal);

    public override string ToString() => Name;
}
