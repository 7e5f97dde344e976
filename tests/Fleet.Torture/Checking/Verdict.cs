using System.Text;

namespace Fleet.Torture.Checking;

/// <summary>The results of all rules for a run.</summary>
internal sealed record Verdict(IReadOnlyList<Finding> Findings)
{
    /// <summary>Counter-examples that are shown of each rule.</summary>
    private const int MostShown = 10;

    private static readonly Func<History, Finding>[] Rules =
    [
        Enough.Happened,
        LedgerRules.SingleOpen, LedgerRules.Final, LedgerRules.BoundedBusy, LedgerRules.NoDispute,
        TillRules.Durable, TillRules.RealTime, TillRules.OneCheckoutPerSale, TillRules.OneCheckoutPerKey,
        TillRules.HonestRefusals, TillRules.OneVerdict, TillRules.TerminatedWhenAsked, TillRules.NoFault,
        MoneyRules.Charges, MoneyRules.Results, MoneyRules.Conservation,
        MoneyRules.Totals,
        WebhookRules.OneEvent, WebhookRules.Ends, WebhookRules.OneBody, WebhookRules.Truth, WebhookRules.NothingElse,
    ];

    public bool Holds => Findings.All(finding => finding.Holds);

    /// <summary>
    /// The same without what devices of Fleet's own remember: there are none when SumUp's cloud has the readers, and
    /// <see cref="CloudVerdict"/> compares the money.
    /// </summary>
    public static Verdict WithoutDevices(History history) => new(
        [.. Rules.Except([MoneyRules.Charges, MoneyRules.Results, MoneyRules.Conservation])
            .Select(rule => rule(history))]);

    public static Verdict Of(History history) => new([.. Rules.Select(rule => rule(history))]);

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var finding in Findings)
        {
            var word = finding.Holds ? "holds " : "BROKEN";
            text.AppendLine($"  {word}  {finding.Rule,-22} {finding.Looked}");
            foreach (var place in finding.Broken.Take(MostShown)) text.AppendLine($"            {place}");
            if (finding.Broken.Count > MostShown)
                text.AppendLine($"            and {finding.Broken.Count - MostShown} more");
        }
        var broken = Findings.Where(finding => !finding.Holds).Select(finding => finding.Rule).ToArray();
        text.Append(broken.Length == 0 ? "verdict: every rule holds" : $"verdict: BROKEN: {string.Join(", ", broken)}");
        return text.ToString();
    }
}
