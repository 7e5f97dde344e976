using Fleet.Torture.Checking;

namespace Fleet.Torture.SelfTest;

/// <summary>
/// An invented run against SumUp's cloud, in which all sides agree, open to be changed. Checkout 0 is paid, 1 is paid
/// with a tip after a lost answer, 2 is declined, 3 is refused, 4 was a phantom and never started, 5 is unknown and was
/// paid, 6 was given up and paid all the same, 7 expired before it was sent.
/// </summary>
internal sealed class CloudDraft
{
    private static readonly DateTimeOffset Sent = new(2026, 11, 29, 10, 0, 0, TimeSpan.Zero);

    private const string Reader = "rdr_A", CloudReader = "rdr_C";

    public CloudDraft()
    {
        Add(0, "successful", sale: "SUCCESSFUL");
        Add(1, "successful", sale: "SUCCESSFUL", tip: 150, fault: CloudFault.ResetAfter);
        Add(2, "failed", "declined", "FAILED");
        Add(3, "cancelled", "refused_by_provider", fault: CloudFault.Untyped422);
        Add(4, "cancelled", "not_started", fault: CloudFault.PhantomAccept, doubt: "no_result");
        Add(5, "started", sale: "SUCCESSFUL", fault: CloudFault.SilentAfter, doubt: "no_answer");
        Add(6, "cancelled", "not_started", "SUCCESSFUL", fault: CloudFault.GatewayTimeoutAfter, doubt: "server_error");
        Row(6, row => row with { ChargeClaimed = true });
        foreach (var number in new[] { 4, 6 })
            Row(number, row => row with { SentAt = Sent, EndedAt = Sent + TimeSpan.FromSeconds(121) });
        Checkouts.Add(new(IdOf(7), Reader, "cancelled", "expired", "EUR", 1500));
        Calls.Add(new() { At = default, Operation = CloudOperation.GetCheckout, Fault = CloudFault.NewWords });
    }

    public CloudPlan Plan { get; set; } = new()
    {
        Accepted = 5, Successes = 2, Faults = 6, MostUnknown = 1,
        Kinds = new Dictionary<CloudFault, int> { [CloudFault.ResetAfter] = 1 },
    };

    public List<CloudRow> Checkouts { get; } = [];

    public List<CloudCall> Calls { get; } = [];

    public List<CloudSale> Sales { get; } = [];

    public static string ReferenceOf(int number) => $"fleet-{IdOf(number):N}";

    public CloudHistory ToHistory() => new() { Plan = Plan, Checkouts = Checkouts, Calls = Calls, Sales = Sales };

    public void Row(int number, Func<CloudRow, CloudRow> change) =>
        Breaks.Change(Checkouts, Checkouts.Single(row => row.Id == IdOf(number)), change);

    public CloudCall Create(int number) => Calls.Single(call => call.ForeignId == ReferenceOf(number));

    public void Create(int number, Func<CloudCall, CloudCall> change) =>
        Breaks.Change(Calls, Create(number), change);

    public CloudSale Sale(int number) => Sales.Single(sale => sale.ForeignId == ReferenceOf(number));

    public void Sale(int number, Func<CloudSale, CloudSale> change) => Breaks.Change(Sales, Sale(number), change);

    private static Guid IdOf(int number) => new(number + 1, 0, 0, new byte[8]);

    private void Add(
        int number, string state, string? reason = null, string? sale = null, long tip = 0, CloudFault? fault = null,
        string? doubt = null)
    {
        var (checkout, client) = ($"checkout-{number}", $"client-{number}");
        var isPhantom = fault is CloudFault.PhantomAccept;
        var hasIds = sale is not null || isPhantom;
        Calls.Add(new()
        {
            Number = Calls.Count + 1, At = default, Operation = CloudOperation.Create, Reader = CloudReader,
            ForeignId = ReferenceOf(number), Fault = fault, Forwarded = sale is not null,
            Status = sale is null ? null : 201,
            CheckoutId = hasIds ? checkout : null, ClientId = hasIds ? client : null,
        });
        if (sale is not null) Sales.Add(new(checkout, client, ReferenceOf(number), sale, "EUR", 1500, tip));
        var learnt = hasIds && state is not "started";
        Checkouts.Add(new(IdOf(number), Reader, state, reason, "EUR", 1500, tip, ReferenceOf(number), CloudReader,
            learnt ? checkout : null, learnt ? client : null, doubt));
    }
}
